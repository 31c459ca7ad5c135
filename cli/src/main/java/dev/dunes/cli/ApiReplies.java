package dev.dunes.cli;

import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Answers to what an agent asks. */
final class ApiReplies {
  private ApiReplies() {}

  /** POST /v1/sessions/{id}/questions/{question_id}/reply. */
  @Command(description = {"Answers a question.", ""})
  static final class Answer extends ApiCall {
    @Parameters(index = "0", paramLabel = "ID", description = "The session.")
    private String id = "";

    @Parameters(index = "1", paramLabel = "QUESTION", description = "The question's id.")
    private String question = "";

    @Option(
        names = {"-a", "--answers"},
        required = true,
        paramLabel = "JSON",
        description = "For each question a list of answers, such as '[[\"Yes\"]]'.")
    private String answers = "";

    Answer(Console console, ApiTarget target) {
      super(console, target);
    }

    @Override
    String operation() {
      return "POST " + path("sessions", id, "questions", question, "reply");
    }

    @Override
    Optional<JsonNode> body() {
      try {
        JsonNode given = JsonMapper.shared().readTree(answers);
        if (given.isArray() && given.valueStream().allMatch(Answer::isListOfTexts)) {
          return Optional.of(object().set("answers", given));
        }
      } catch (JacksonException e) {
        // said below
      }
      throw Failure.usage(
          "--answers: '%s' cannot be used; use a list of lists such as [[\"Yes\"]]"
              .formatted(answers),
          "");
    }

    private static boolean isListOfTexts(JsonNode node) {
      return node.isArray() && node.valueStream().allMatch(JsonNode::isString);
    }
  }

  /** POST /v1/sessions/{id}/questions/{question_id}/reject. */
  @Command(description = {"Declines to answer a question.", ""})
  static final class Decline extends ApiCall {
    @Parameters(index = "0", paramLabel = "ID", description = "The session.")
    private String id = "";

    @Parameters(index = "1", paramLabel = "QUESTION", description = "The question's id.")
    private String question = "";

    Decline(Console console, ApiTarget target) {
      super(console, target);
    }

    @Override
    String operation() {
      return "POST " + path("sessions", id, "questions", question, "reject");
    }
  }

  /** POST /v1/sessions/{id}/permissions/{permission_id}/reply. */
  @Command(description = {"Answers a request for permission.", ""})
  static final class Permit extends ApiCall {
    private static final List<String> REPLIES = List.of("once", "always", "reject");

    @Parameters(index = "0", paramLabel = "ID", description = "The session.")
    private String id = "";

    @Parameters(index = "1", paramLabel = "PERMISSION", description = "The request's id.")
    private String permission = "";

    @Option(
        names = {"-r", "--reply"},
        required = true,
        paramLabel = "REPLY",
        description = "once, always or reject.")
    private String reply = "";

    Permit(Console console, ApiTarget target) {
      super(console, target);
    }

    @Override
    String operation() {
      return "POST " + path("sessions", id, "permissions", permission, "reply");
    }

    @Override
    Optional<JsonNode> body() {
      if (!REPLIES.contains(reply)) {
        throw Failure.usage(
            "--reply: '%s' cannot be used; use one of %s"
                .formatted(reply, String.join(", ", REPLIES)),
            "");
      }
      return Optional.of(object().put("reply", reply));
    }
  }
}
