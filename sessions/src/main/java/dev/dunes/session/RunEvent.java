package dev.dunes.session;

import dev.dunes.agent.AgentEvent;
import dev.dunes.agent.TurnOutcome;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** One step of a run. */
public sealed interface RunEvent {
  /**
   * The event as the Query API sends it: one JSON object in UTF-8 without a line end. Not copied;
   * never change it.
   */
  byte[] json();

  /** Whether it is the last one. */
  default boolean terminal() {
    return false;
  }

  /**
   * What the agent said, byte for byte.
   *
   * @param json as the agent wrote it
   * @param node the same, read
   * @param events what it means, in the schema that all agents share
   */
  record Message(byte[] json, JsonNode node, List<AgentEvent> events) implements RunEvent {}

  /**
   * The agent's result: the last event of a run that went to its end.
   *
   * @param json as the agent wrote it
   * @param node the same, read
   * @param outcome how the turn ended
   */
  record Result(byte[] json, JsonNode node, TurnOutcome outcome) implements RunEvent {
    @Override
    public boolean terminal() {
      return true;
    }
  }

  /**
   * The run failed: the last event of every other run.
   *
   * @param code why
   * @param message one line
   * @param runId the run
   */
  record Failure(FailureCode code, String message, String runId) implements RunEvent {
    @Override
    public byte[] json() {
      return Json.bytes(
          Json.object()
              .put("type", "error")
              .put("error", message)
              .put("request_id", runId)
              .put("code", code.wireName()));
    }

    @Override
    public boolean terminal() {
      return true;
    }
  }

  /** A line of the agent's standard output that is no message. */
  record Stdout(String line) implements RunEvent {
    @Override
    public byte[] json() {
      return Json.bytes(Json.object().put("type", "stdout").put("data", line));
    }
  }

  /** What came on the agent's standard error: at most 8 KiB, secrets masked. */
  record Stderr(String text) implements RunEvent {
    @Override
    public byte[] json() {
      return Json.bytes(Json.object().put("type", "stderr").put("data", text));
    }
  }

  /** Something the user should know that does not end the run. */
  record Warning(String message) implements RunEvent {
    @Override
    public byte[] json() {
      return Json.bytes(Json.object().put("type", "warning").put("message", message));
    }
  }

  /**
   * A file the agent made or changed.
   *
   * @param relativePath below {@code /home/user}
   * @param size in bytes
   * @param data its contents, in a file of at most {@link #INLINE_LIMIT} bytes
   * @param runId the run: larger files are fetched by it
   */
  record GeneratedFile(String relativePath, long size, Optional<byte[]> data, String runId)
      implements RunEvent {
    /** Larger files are not in the event. Base64 of this much stays below a client's 16 MiB. */
    public static final int INLINE_LIMIT = 9_000_000;

    /** The last name of its path. */
    public String name() {
      return relativePath.substring(relativePath.lastIndexOf('/') + 1);
    }

    @Override
    public byte[] json() {
      ObjectNode event =
          Json.object()
              .put("type", "file")
              .put("name", name())
              .put("relative_path", relativePath)
              .put("path", HomePaths.HOME + "/" + relativePath)
              .put("size", size);
      if (data.isPresent()) {
        event.put("data", Base64.getEncoder().encodeToString(data.get()));
      } else {
        event.putNull("data");
        event.put("url", "/runs/" + runId + "/files/" + UrlPaths.encode(relativePath));
      }
      return Json.bytes(event);
    }
  }
}
