package dev.dunes.server.acp;

import dev.dunes.agent.AgentEvent;
import dev.dunes.agent.PermissionReply;
import dev.dunes.server.http.Json;
import dev.dunes.session.Session;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Something an agent asks, as a request for permission of ACP. Sheet 2.7 and 3.2.
 *
 * @param session who asks
 * @param askId of the permission or question
 * @param options the answers to choose from; empty for a permission
 * @param question whether it is a question
 */
record AcpAsk(Session session, String askId, List<String> options, boolean question) {
  private static final String REJECT = "reject";

  static AcpAsk of(Session session, AgentEvent.PermissionRequested asked) {
    return new AcpAsk(session, asked.permissionId(), List.of(), false);
  }

  static AcpAsk of(Session session, AgentEvent.QuestionRequested asked) {
    return new AcpAsk(session, asked.questionId(), asked.options(), true);
  }

  /**
   * The parameters of the request.
   *
   * @param updates knows the calls of tools it may be about
   */
  static ObjectNode request(
      String sessionId, AgentEvent.PermissionRequested asked, AcpUpdates updates) {
    Optional<JsonNode> metadata = asked.metadata();
    String call =
        metadata.stream()
            .flatMap(found ->
                List.of("call_id", "callId", "tool_use_id", "toolUseId", "itemId").stream()
                    .map(found::path))
            .filter(JsonNode::isString)
            .map(JsonNode::asString)
            .filter(updates::knowsCall)
            .findFirst()
            .orElse(asked.permissionId());
    ObjectNode tool =
        Json.object()
            .put("toolCallId", call)
            .put("title", title(asked, metadata))
            .put("kind", ToolKinds.of(asked.action()))
            .put("status", "pending");
    metadata.ifPresent(found -> tool.set("rawInput", found));
    ObjectNode params = Json.object().put("sessionId", sessionId);
    params.set("toolCall", tool);
    ArrayNode options = params.putArray("options");
    option(options, "once", "Allow once", "allow_once");
    option(options, "always", "Always allow", "allow_always");
    option(options, REJECT, "Reject", "reject_once");
    return params;
  }

  private static String title(AgentEvent.PermissionRequested asked, Optional<JsonNode> metadata) {
    return metadata
        .map(found -> found.path("command"))
        .filter(JsonNode::isString)
        .or(() -> metadata.map(found -> found.path("path")).filter(JsonNode::isString))
        .map(what -> asked.action() + ": " + what.asString())
        .orElse(asked.action());
  }

  /** The parameters of the request. */
  static ObjectNode request(String sessionId, AgentEvent.QuestionRequested asked) {
    ObjectNode params = Json.object().put("sessionId", sessionId);
    params.set(
        "toolCall",
        Json.object()
            .put("toolCallId", asked.questionId())
            .put("title", asked.prompt())
            .put("kind", "other")
            .put("status", "pending"));
    ArrayNode options = params.putArray("options");
    for (int i = 0; i < asked.options().size(); i++) {
      option(options, Integer.toString(i), asked.options().get(i), "allow_once");
    }
    option(options, REJECT, "Do not answer", "reject_once");
    return params;
  }

  private static void option(ArrayNode options, String id, String name, String kind) {
    options.addObject().put("optionId", id).put("name", name).put("kind", kind);
  }

  /** Hands the client's answer to the agent; one that chooses nothing we know is a no. */
  void answer(JsonNode result) {
    JsonNode outcome = result.path("outcome");
    String chosen =
        outcome.path("outcome").asString("").equals("selected")
            ? outcome.path("optionId").asString(REJECT)
            : REJECT;
    if (!question) {
      session.answerPermission(
          askId,
          switch (chosen) {
            case "once" -> PermissionReply.ONCE;
            case "always" -> PermissionReply.ALWAYS;
            default -> PermissionReply.REJECT;
          });
      return;
    }
    Optional<String> answer =
        Optional.of(result.at("/_meta/dunes/answer"))
            .filter(JsonNode::isString)
            .map(JsonNode::asString)
            .or(() -> option(chosen));
    if (answer.isPresent()) {
      session.answerQuestion(askId, List.of(List.of(answer.get())));
    } else {
      session.rejectQuestion(askId);
    }
  }

  private Optional<String> option(String chosen) {
    if (!chosen.matches("[0-9]{1,4}")) {
      return Optional.empty();
    }
    int index = Integer.parseInt(chosen);
    return index < options.size() ? Optional.of(options.get(index)) : Optional.empty();
  }
}
