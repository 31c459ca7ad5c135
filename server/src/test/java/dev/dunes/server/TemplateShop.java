package dev.dunes.server;

import dev.dunes.server.http.Json;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Builds templates over HTTP. E2B wire 2.4. */
final class TemplateShop {
  private final SandboxShop shop;

  TemplateShop(SandboxShop shop) {
    this.shop = shop;
  }

  static ObjectNode step(String type, String... args) {
    ObjectNode step = Json.object().put("type", type).put("force", false);
    ArrayNode all = step.putArray("args");
    for (String arg : args) {
      all.add(arg);
    }
    return step;
  }

  static ObjectNode plan(ObjectNode... steps) {
    ObjectNode plan = Json.object().put("fromTemplate", "base");
    ArrayNode all = plan.putArray("steps");
    for (ObjectNode step : steps) {
      all.add(step);
    }
    return plan;
  }

  /** Asks for a build. */
  JsonNode request(String name) throws Exception {
    return shop.post(202, "/v3/templates", Json.object().put("name", name));
  }

  /** Its status when it has ended. */
  JsonNode build(String name, ObjectNode plan) throws Exception {
    return build(request(name), plan);
  }

  /** The status of a build that was asked for, when it has ended. */
  JsonNode build(JsonNode asked, ObjectNode plan) throws Exception {
    String template = asked.get("templateID").asString();
    String build = asked.get("buildID").asString();
    shop.post(202, "/v2/templates/%s/builds/%s".formatted(template, build), plan);
    String status = "/templates/%s/builds/%s/status?logsOffset=0".formatted(template, build);
    SandboxShop.await(
        "the build ends",
        () -> {
          String now = shop.get(status).get("status").asString();
          return now.equals("ready") || now.equals("error");
        });
    return shop.get(status);
  }

  /** Deletes all. */
  void clear() throws Exception {
    for (JsonNode template : shop.get("/v2/templates")) {
      shop.call("DELETE", "/templates/" + template.get("templateID").asString(), "");
    }
  }
}
