package dev.dunes.agent.acp;

import dev.dunes.agent.AgentException;
import dev.dunes.agent.drive.Json;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * MCP servers as ACP has them, from the form all agents share: by name, {@code {command,args,env}}
 * or {@code {type,url,headers}}.
 */
final class AcpMcp {
  private AcpMcp() {}

  /**
   * All of them.
   *
   * @throws AgentException {@code invalid_options}
   */
  static ArrayNode of(Optional<JsonNode> servers) {
    ArrayNode all = Json.array();
    servers.ifPresent(given -> given.forEachEntry((name, server) -> all.add(of(name, server))));
    return all;
  }

  private static ObjectNode of(String name, JsonNode server) {
    ObjectNode own = Json.object();
    Optional<String> command = Json.text(server, "command");
    Optional<String> url = Json.text(server, "url");
    if (command.isPresent()) {
      own.put("name", name).put("command", command.get());
      ArrayNode arguments = own.putArray("args");
      server.path("args").forEach(each -> arguments.add(each.asString("")));
      own.set("env", pairs(server.path("env")));
    } else if (url.isPresent()) {
      own.put("type", Json.text(server, "type", "http").equals("sse") ? "sse" : "http");
      own.put("name", name).put("url", url.get());
      own.set("headers", pairs(server.path("headers")));
    } else {
      throw new AgentException(
          "invalid_options",
          "the MCP server '%s' has neither a command nor a url".formatted(name),
          "give it one of them",
          null);
    }
    return own;
  }

  private static ArrayNode pairs(JsonNode object) {
    ArrayNode pairs = Json.array();
    object.forEachEntry(
        (key, value) -> pairs.addObject().put("name", key).put("value", value.asString("")));
    return pairs;
  }

  /**
   * Refuses what this agent cannot use.
   *
   * @param capabilities the agent's
   */
  static void check(JsonNode servers, JsonNode capabilities) {
    for (JsonNode server : servers) {
      String type = Json.text(server, "type", "");
      if (!type.isEmpty() && !Json.flag(capabilities.path("mcpCapabilities"), type)) {
        throw new AgentException(
            "invalid_options",
            "this agent cannot use the MCP server '%s'".formatted(Json.text(server, "name", "")),
            "give it a command instead of a url",
            null);
      }
    }
  }
}
