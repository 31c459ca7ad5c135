package dev.dunes.server.acp;

import dev.dunes.server.http.Json;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** MCP servers as ACP lists them, made the map by name that agents are configured with. */
final class McpServerList {
  private McpServerList() {}

  static Optional<JsonNode> read(Params params) {
    List<Params> servers = params.objects("mcpServers");
    if (servers.isEmpty()) {
      return Optional.empty();
    }
    ObjectNode map = Json.object();
    for (Params server : servers) {
      ObjectNode one = map.putObject(server.required("name"));
      String type = server.text("type").orElse("stdio");
      switch (type) {
        case "stdio" -> {
          one.put("command", server.required("command"));
          ArrayNode arguments = one.putArray("args");
          server.texts("args").forEach(arguments::add);
          pairs(server, "env", one);
        }
        case "http", "sse" -> {
          one.put("type", type).put("url", server.required("url"));
          pairs(server, "headers", one);
        }
        default -> throw RpcException.params("there is no MCP server of type '" + type + "'");
      }
    }
    return Optional.of(map);
  }

  private static void pairs(Params server, String name, ObjectNode target) {
    ObjectNode map = Json.object();
    server
        .objects(name)
        .forEach(pair -> map.put(pair.required("name"), pair.text("value").orElse("")));
    if (!map.isEmpty()) {
      target.set(name, map);
    }
  }
}
