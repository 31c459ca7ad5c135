package dev.dunes.scripted;

import static dev.dunes.scripted.Protocol.object;

import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * The routes by which another process switches the model: {@code PUT} and {@code DELETE
 * /_script/fail}, {@code PUT /_script/latency} ({@code {"ms":n}}), {@code PUT /_script/script} (a
 * file as {@link Script#parse} reads it), {@code GET} and {@code DELETE /_script/requests}.
 */
final class Control {
  private static final String BASE = "/_script/";

  private final ScriptedModel model;

  Control(ScriptedModel model) {
    this.model = model;
  }

  static boolean isFor(HttpRequest request) {
    return request.path().startsWith(BASE);
  }

  void answer(HttpRequest request, HttpWriter writer) throws IOException {
    try {
      switch (request.method() + " " + request.path().substring(BASE.length())) {
        case "PUT fail" -> fail(JsonMapper.shared().readTree(request.body()), writer);
        case "DELETE fail" -> {
          model.heal();
          done(writer);
        }
        case "PUT latency" -> {
          JsonNode body = JsonMapper.shared().readTree(request.body());
          model.latency(Duration.ofMillis(body.path("ms").asLong(0)));
          done(writer);
        }
        case "PUT script" -> {
          model.add(Script.parse(request.body()));
          done(writer);
        }
        case "GET requests" -> writer.answer(200, Map.of(), requests());
        case "DELETE requests" -> {
          model.forgetRequests();
          done(writer);
        }
        default -> writer.answer(404, Map.of(), Errors.body(404, "no such route"));
      }
    } catch (IllegalArgumentException | JacksonException e) {
      writer.answer(400, Map.of(), Errors.body(400, e.getMessage()));
    }
  }

  private void fail(JsonNode json, HttpWriter writer) throws IOException {
    Fault fault = Faults.parse(json);
    if (fault instanceof Fault.Refuse) {
      // Nobody could switch that off over a port that refuses.
      long millis = json.path("forMs").asLong(0);
      if (millis < 1) {
        throw new IllegalArgumentException("'refuse' needs 'forMs'");
      }
      done(writer);
      model.refuseFor(Duration.ofMillis(millis));
      return;
    }
    if (json.has("times")) {
      model.fail(fault, json.path("times").asInt(0));
    } else {
      model.fail(fault);
    }
    done(writer);
  }

  private static void done(HttpWriter writer) throws IOException {
    writer.answer(200, Map.of(), object().put("status", "ok"));
  }

  private JsonNode requests() {
    ObjectNode answer = object().put("unknownRoutes", model.unknownRoutes());
    var list = answer.putArray("requests");
    for (RecordedRequest request : model.requests()) {
      ObjectNode entry = list.addObject();
      entry.put("method", request.method()).put("path", request.path());
      ObjectNode headers = entry.putObject("headers");
      request
          .headers()
          .forEach((name, values) ->
              headers.set(
                  name,
                  JsonNodeFactory.instance
                      .arrayNode()
                      .addAll(values.stream().map(JsonNodeFactory.instance::stringNode).toList())));
      entry
          .put("body", request.bodyText())
          .put("scenario", request.scenario())
          .put("step", request.step())
          .put("status", request.status())
          .put("aborted", request.aborted());
    }
    return answer;
  }
}
