package dev.dunes.cli;

import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;

/** Messages to an agent. */
final class ApiMessages {
  private ApiMessages() {}

  /** POST /v1/sessions/{id}/messages. */
  @Command(description = {"Sends a message and does not wait for what comes of it.", ""})
  static final class Send extends ApiCall {
    @Parameters(paramLabel = "ID", description = "The session.")
    private String id = "";

    @Option(
        names = {"-m", "--message"},
        required = true,
        paramLabel = "TEXT",
        description = "The message.")
    private String message = "";

    Send(Console console, ApiTarget target) {
      super(console, target);
    }

    @Override
    String operation() {
      return "POST " + path("sessions", id, "messages");
    }

    @Override
    Optional<JsonNode> body() {
      return Optional.of(object().put("message", message));
    }
  }

  /** POST /v1/sessions/{id}/messages/stream. */
  @Command(description = {"Sends a message and prints the events of its turn as they come.", ""})
  static final class Stream extends ApiCall {
    @Parameters(paramLabel = "ID", description = "The session.")
    private String id = "";

    @Option(
        names = {"-m", "--message"},
        required = true,
        paramLabel = "TEXT",
        description = "The message.")
    private String message = "";

    @Option(names = "--include-raw", description = "With what the agent itself wrote.")
    private boolean raw;

    Stream(Console console, ApiTarget target) {
      super(console, target);
    }

    @Override
    String operation() {
      return "POST "
          + path("sessions", id, "messages", "stream")
          + (raw ? "?include_raw=true" : "");
    }

    @Override
    Optional<JsonNode> body() {
      return Optional.of(object().put("message", message));
    }

    @Override
    boolean streams() {
      return true;
    }
  }
}
