package dev.dunes.cli;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** A question as the body of {@code POST /query}. Query API 2.2. */
final class QuestionBody {
  private QuestionBody() {}

  static ObjectNode of(Question question) {
    ObjectNode body = JsonMapper.shared().createObjectNode().put("prompt", question.prompt());
    question.model().ifPresent(model -> body.put("model", model));
    question.maxTurns().ifPresent(turns -> body.put("max_turns", turns));
    question.timeoutSeconds().ifPresent(seconds -> body.put("timeout", seconds));
    question.resume().ifPresent(session -> body.put("resume", session));
    if (question.fork()) {
      body.put("fork_session", true);
    }
    question.budgetUsd().ifPresent(budget -> body.put("max_budget_usd", budget));
    if (question.keepSession()) {
      body.put("keep_session", true);
    }
    if (question.allowedTools().isPresent()) {
      ArrayNode tools = body.putArray("allowed_tools");
      question.allowedTools().get().forEach(tools::add);
    }
    Question.Keys keys = question.keys();
    keys.anthropic().ifPresent(key -> body.put("anthropic_api_key", key));
    keys.openrouter().ifPresent(key -> body.put("openrouter_api_key", key));
    keys.e2b().ifPresent(key -> body.put("e2b_api_key", key));
    if (!question.files().isEmpty()) {
      ObjectNode files = body.putObject("files");
      question.files().forEach((path, bytes) -> files.set(path, file(bytes)));
    }
    return body;
  }

  /** Text as text, everything else in Base64. */
  private static JsonNode file(byte[] bytes) {
    return text(bytes)
        .<JsonNode>map(JsonMapper.shared().getNodeFactory()::stringNode)
        .orElseGet(() ->
            JsonMapper.shared()
                .createObjectNode()
                .put("base64", Base64.getEncoder().encodeToString(bytes)));
  }

  private static Optional<String> text(byte[] bytes) {
    try {
      return Optional.of(
          StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString());
    } catch (CharacterCodingException e) {
      return Optional.empty();
    }
  }
}
