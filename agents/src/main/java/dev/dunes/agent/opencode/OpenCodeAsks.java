package dev.dunes.agent.opencode;

import dev.dunes.agent.AgentEvent;
import dev.dunes.agent.AgentException;
import dev.dunes.agent.PermissionPolicy;
import dev.dunes.agent.PermissionReply;
import dev.dunes.agent.drive.Json;
import dev.dunes.agent.drive.OpenAsks;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What OpenCode asks, in its own words. Who may not be asked is not: then the policy answers at
 * once, so that nothing waits in vain.
 */
final class OpenCodeAsks {
  private static final Logger LOG = LoggerFactory.getLogger(OpenCodeAsks.class);

  /** A reject without words would end the turn; with words the model hears of it and goes on. */
  private static final String REJECTED = "The user does not allow this.";

  private static final String UNKNOWN = "unknown_request";
  private static final Pattern ID = Pattern.compile("[A-Za-z0-9_-]{1,128}");

  /** An agent that has more questions open is not asking. */
  private static final int OPEN_LIMIT = 200;

  private final PermissionPolicy policy;
  private final Supplier<OpenCodeClient> client;
  private final OpenAsks asks;
  private int open;

  OpenCodeAsks(
      PermissionPolicy policy, Supplier<OpenCodeClient> client, Consumer<AgentEvent> tell) {
    this.policy = policy;
    this.client = client;
    this.asks = new OpenAsks(tell);
  }

  /** An event of OpenCode; false when it is about something else. */
  boolean see(String type, JsonNode properties) {
    switch (type) {
      case "permission.asked" -> permission(properties);
      case "question.asked" -> questions(properties);
      case "permission.replied", "question.replied", "question.rejected" ->
          asks.withdrawn(Json.text(properties, "requestID", ""));
      default -> {
        return false;
      }
    }
    return true;
  }

  private void permission(JsonNode asked) {
    String id = Json.text(asked, "id", "");
    if (!ID.matcher(id).matches()) {
      LOG.debug("a permission is asked for under an id that cannot be one");
      return;
    }
    if (policy != PermissionPolicy.ASK || ++open > OPEN_LIMIT) {
      quietly(() -> reply(id, policy == PermissionPolicy.ALLOW ? "once" : "reject"));
      return;
    }
    ObjectNode metadata = Json.object();
    asked.forEachEntry((key, value) -> {
      if (!key.equals("sessionID") && !key.equals("id")) {
        metadata.set(key, value);
      }
    });
    asks.permission(
        id,
        Json.text(asked, "permission", ""),
        metadata,
        reply ->
            reply(
                id,
                switch (reply) {
                  case ONCE -> "once";
                  case ALWAYS -> "always";
                  case REJECT -> "reject";
                }));
  }

  private void reply(String id, String word) {
    ObjectNode body = Json.object().put("reply", word);
    if (word.equals("reject")) {
      body.put("message", REJECTED);
    }
    post("/permission/" + id + "/reply", body);
  }

  private void questions(JsonNode asked) {
    String id = Json.text(asked, "id", "");
    if (!ID.matcher(id).matches()) {
      LOG.debug("a question is asked under an id that cannot be one");
      return;
    }
    OpenAsks.QuestionAnswer answer =
        new OpenAsks.QuestionAnswer() {
          @Override
          public void answered(List<List<String>> answers) {
            post(
                "/question/" + id + "/reply",
                Json.object().set("answers", Json.MAPPER.valueToTree(answers)));
          }

          @Override
          public void rejected() {
            post("/question/" + id + "/reject", Json.object());
          }
        };
    if (policy != PermissionPolicy.ASK || ++open > OPEN_LIMIT) {
      quietly(answer::rejected);
      return;
    }
    List<OpenAsks.Question> questions = new ArrayList<>();
    for (JsonNode each : asked.path("questions")) {
      List<String> options = new ArrayList<>();
      each.path("options").forEach(option -> options.add(Json.text(option, "label", "")));
      questions.add(new OpenAsks.Question(Json.text(each, "question", ""), options));
    }
    asks.questions(id, questions, answer);
  }

  private void post(String path, JsonNode body) {
    OpenCodeClient.Answer answer = client.get().post(path, body);
    if (answer.status() == 404) {
      throw new AgentException(
          UNKNOWN, "the agent does not wait for this answer any more", null, null);
    }
    if (!answer.ok()) {
      throw new AgentException(
          "agent_refused", "OpenCode refused an answer: " + answer.problem(), null, null);
    }
  }

  private static void quietly(Runnable answer) {
    try {
      answer.run();
    } catch (AgentException e) {
      LOG.debug("an answer by policy came too late", e);
    }
  }

  void answerPermission(String id, PermissionReply reply) {
    checked(id, () -> asks.answerPermission(id, reply));
  }

  void answerQuestion(String id, List<List<String>> answers) {
    checked(id, () -> asks.answerQuestion(id, answers));
  }

  void rejectQuestion(String id) {
    checked(id, () -> asks.rejectQuestion(id));
  }

  /** An ask that the agent does not know any more is over for us, too. */
  private void checked(String id, Runnable answer) {
    try {
      answer.run();
    } catch (AgentException e) {
      if (e.code().equals(UNKNOWN)) {
        asks.withdrawn(
            Optional.of(id.indexOf(':'))
                .filter(at -> at > 0)
                .map(at -> id.substring(0, at))
                .orElse(id));
      }
      throw e;
    }
  }

  /** Nobody waits any longer: an abort leaves open what was asked, and says nothing of it. */
  void endAll() {
    asks.endAll();
    open = 0;
  }
}
