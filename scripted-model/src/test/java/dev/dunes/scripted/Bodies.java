package dev.dunes.scripted;

import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Bodies of requests. */
final class Bodies {
  private Bodies() {}

  static String messages(String user, String... tools) {
    return messages(user, 0, tools);
  }

  /** A conversation in which so many results of tools have come since. */
  static String messages(String user, int results, String... tools) {
    ObjectNode body = JsonMapper.shared().createObjectNode().put("model", "m");
    ArrayNode messages = body.putArray("messages");
    messages.addObject().put("role", "user").put("content", user);
    for (int i = 0; i < results; i++) {
      messages
          .addObject()
          .put("role", "assistant")
          .putArray("content")
          .addObject()
          .put("type", "tool_use")
          .put("id", "t" + i);
      messages
          .addObject()
          .put("role", "user")
          .putArray("content")
          .addObject()
          .put("type", "tool_result")
          .put("tool_use_id", "t" + i)
          .put("content", "done");
    }
    for (String tool : tools) {
      body.withArray("tools").addObject().put("name", tool).putObject("input_schema");
    }
    return body.toString();
  }
}
