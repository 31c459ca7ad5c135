package dev.dunes.agent.claude;

import dev.dunes.agent.Attachment;
import dev.dunes.agent.Prompt;
import dev.dunes.agent.drive.Attachments;
import dev.dunes.agent.drive.Json;
import java.util.Base64;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The lines that are written to Claude Code. */
final class ClaudeProtocol {
  private ClaudeProtocol() {}

  static String prompt(String text) {
    return prompt(Json.MAPPER.getNodeFactory().stringNode(text));
  }

  private static String prompt(JsonNode content) {
    ObjectNode line = Json.object();
    line.put("type", "user");
    line.putObject("message").put("role", "user").set("content", content);
    line.putNull("parent_tool_use_id");
    line.put("session_id", "");
    return line.toString();
  }

  /** With its pictures, and the names of its files. */
  static String prompt(Prompt prompt) {
    String text = Attachments.text(prompt);
    List<Attachment.Image> images = Attachments.images(prompt);
    if (images.isEmpty()) {
      return prompt(text);
    }
    ArrayNode content = Json.array();
    content.addObject().put("type", "text").put("text", text);
    for (Attachment.Image image : images) {
      content
          .addObject()
          .put("type", "image")
          .putObject("source")
          .put("type", "base64")
          .put("media_type", image.mime())
          .put("data", Base64.getEncoder().encodeToString(image.data()));
    }
    return prompt(content);
  }

  static String request(String id, ObjectNode request) {
    ObjectNode line = Json.object();
    line.put("type", "control_request");
    line.put("request_id", id);
    line.set("request", request);
    return line.toString();
  }

  static String answer(String requestId, JsonNode answer) {
    ObjectNode line = Json.object();
    line.put("type", "control_response");
    ObjectNode response = line.putObject("response");
    response.put("subtype", "success");
    response.put("request_id", requestId);
    response.set("response", answer);
    return line.toString();
  }

  static String refusal(String requestId, String why) {
    ObjectNode line = Json.object();
    line.put("type", "control_response");
    ObjectNode response = line.putObject("response");
    response.put("subtype", "error");
    response.put("request_id", requestId);
    response.put("error", why);
    return line.toString();
  }

  static ObjectNode allow(JsonNode input) {
    ObjectNode answer = Json.object().put("behavior", "allow");
    answer.set("updatedInput", input);
    return answer;
  }

  /** Allows a tool for the rest of the conversation. */
  static ObjectNode allowAlways(String tool, JsonNode input) {
    ObjectNode answer = allow(input);
    ObjectNode rules = answer.putArray("updatedPermissions").addObject();
    rules.put("type", "addRules");
    rules.putArray("rules").addObject().put("toolName", tool);
    rules.put("behavior", "allow");
    rules.put("destination", "session");
    return answer;
  }

  static ObjectNode deny(String why) {
    return Json.object().put("behavior", "deny").put("message", why);
  }

  static ObjectNode denyBeforeUse(String why) {
    ObjectNode answer = Json.object();
    answer
        .putObject("hookSpecificOutput")
        .put("hookEventName", "PreToolUse")
        .put("permissionDecision", "deny")
        .put("permissionDecisionReason", why);
    return answer;
  }
}
