package dev.dunes.session;

import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The MCP servers of a run: first chosen, then their variables filled in. Query API 2.8. */
final class McpServers {
  private McpServers() {}

  /**
   * Replaces {@code ${VAR}} in all strings of the chosen servers.
   *
   * @throws RunFailedException when a variable is missing
   */
  static ObjectNode expand(ObjectNode servers, Map<String, String> variables) {
    ObjectNode expanded = Json.object();
    servers
        .properties()
        .forEach(server ->
            expanded.set(server.getKey(), expand(server.getKey(), server.getValue(), variables)));
    return expanded;
  }

  private static JsonNode expand(String server, JsonNode node, Map<String, String> variables) {
    if (node.isString()) {
      String text =
          Variables.expand(
              node.asString(),
              name -> Optional.ofNullable(variables.get(name)),
              name -> {
                throw new RunFailedException(
                    FailureCode.CONFIG,
                    "mcp_servers.%s requires environment variable %s to be set"
                        .formatted(server, name));
              });
      return Json.MAPPER.getNodeFactory().stringNode(text);
    }
    if (node.isArray()) {
      ArrayNode all = Json.MAPPER.createArrayNode();
      node.valueStream().forEach(item -> all.add(expand(server, item, variables)));
      return all;
    }
    if (node.isObject()) {
      ObjectNode all = Json.object();
      node.properties()
          .forEach(
              member -> all.set(member.getKey(), expand(server, member.getValue(), variables)));
      return all;
    }
    return node;
  }
}
