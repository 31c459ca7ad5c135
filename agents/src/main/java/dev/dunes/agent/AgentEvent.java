package dev.dunes.agent;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import tools.jackson.databind.annotation.JsonNaming;

/**
 * An event in the schema that all agents share. The JSON of each record is the {@code data} of its
 * type in the agent API, sheet 2.7: snake case, every key present, what is not known {@code null}.
 *
 * <p>An adapter leaves {@link UniversalItem#itemId()} empty and gives the agent's own names;
 * whoever numbers the events of a session puts in the ids of that session.
 */
public sealed interface AgentEvent {
  /** Its {@code type} on the wire, such as {@code item.completed}. */
  @JsonIgnore
  String type();

  /** The agent has begun a conversation. */
  @JsonNaming(SnakeCaseStrategy.class)
  record SessionStarted(Optional<JsonNode> metadata) implements AgentEvent {
    public SessionStarted {
      metadata = known(metadata, "metadata");
    }

    @Override
    public String type() {
      return "session.started";
    }
  }

  /** The conversation is over. */
  @JsonNaming(SnakeCaseStrategy.class)
  record SessionEnded(EndReason reason, EndedBy terminatedBy) implements AgentEvent {
    public SessionEnded {
      requireNonNull(reason, "reason");
      requireNonNull(terminatedBy, "terminatedBy");
    }

    @Override
    public String type() {
      return "session.ended";
    }
  }

  /** Why a conversation is over. */
  enum EndReason {
    @JsonProperty("completed")
    COMPLETED,
    @JsonProperty("error")
    ERROR,
    @JsonProperty("terminated")
    TERMINATED
  }

  /** Who ended a conversation. */
  enum EndedBy {
    @JsonProperty("agent")
    AGENT,
    @JsonProperty("daemon")
    DAEMON
  }

  /** Something has begun. */
  @JsonNaming(SnakeCaseStrategy.class)
  record ItemStarted(UniversalItem item) implements AgentEvent {
    public ItemStarted {
      requireNonNull(item, "item");
    }

    @Override
    public String type() {
      return "item.started";
    }
  }

  /** Something is complete. */
  @JsonNaming(SnakeCaseStrategy.class)
  record ItemCompleted(UniversalItem item) implements AgentEvent {
    public ItemCompleted {
      requireNonNull(item, "item");
    }

    @Override
    public String type() {
      return "item.completed";
    }
  }

  /** A piece of the text of a message that is being written. */
  @JsonNaming(SnakeCaseStrategy.class)
  record ItemDelta(String itemId, Optional<String> nativeItemId, String delta)
      implements AgentEvent {
    public ItemDelta {
      requireNonNull(itemId, "itemId");
      requireNonNull(nativeItemId, "nativeItemId");
      requireNonNull(delta, "delta");
    }

    @Override
    public String type() {
      return "item.delta";
    }
  }

  /** Something went wrong; the conversation may go on. */
  @JsonNaming(SnakeCaseStrategy.class)
  record Failed(String message, Optional<String> code, Optional<JsonNode> details)
      implements AgentEvent {
    public Failed {
      requireNonNull(message, "message");
      requireNonNull(code, "code");
      details = known(details, "details");
    }

    @Override
    public String type() {
      return "error";
    }
  }

  /** The agent asks whether it may do something, and waits. */
  @JsonNaming(SnakeCaseStrategy.class)
  record PermissionRequested(
      String permissionId, String action, PermissionStatus status, Optional<JsonNode> metadata)
      implements AgentEvent {
    public PermissionRequested {
      requireNonNull(permissionId, "permissionId");
      requireNonNull(action, "action");
      requireNonNull(status, "status");
      metadata = known(metadata, "metadata");
    }

    @Override
    public String type() {
      return "permission.requested";
    }
  }

  /** What the agent asked for is decided, or it no longer waits for that. */
  @JsonNaming(SnakeCaseStrategy.class)
  record PermissionResolved(
      String permissionId, String action, PermissionStatus status, Optional<JsonNode> metadata)
      implements AgentEvent {
    public PermissionResolved {
      requireNonNull(permissionId, "permissionId");
      requireNonNull(action, "action");
      requireNonNull(status, "status");
      metadata = known(metadata, "metadata");
    }

    @Override
    public String type() {
      return "permission.resolved";
    }
  }

  /** How far a request for permission is. */
  enum PermissionStatus {
    @JsonProperty("requested")
    REQUESTED,
    @JsonProperty("approved")
    APPROVED,
    @JsonProperty("denied")
    DENIED
  }

  /** The agent asks its user something, and waits. */
  @JsonNaming(SnakeCaseStrategy.class)
  record QuestionRequested(
      String questionId,
      String prompt,
      List<String> options,
      Optional<String> response,
      QuestionStatus status)
      implements AgentEvent {
    public QuestionRequested {
      requireNonNull(questionId, "questionId");
      requireNonNull(prompt, "prompt");
      options = List.copyOf(options);
      requireNonNull(response, "response");
      requireNonNull(status, "status");
    }

    @Override
    public String type() {
      return "question.requested";
    }
  }

  /** The question is answered or declined, or the agent no longer waits for an answer. */
  @JsonNaming(SnakeCaseStrategy.class)
  record QuestionResolved(
      String questionId,
      String prompt,
      List<String> options,
      Optional<String> response,
      QuestionStatus status)
      implements AgentEvent {
    public QuestionResolved {
      requireNonNull(questionId, "questionId");
      requireNonNull(prompt, "prompt");
      options = List.copyOf(options);
      requireNonNull(response, "response");
      requireNonNull(status, "status");
    }

    @Override
    public String type() {
      return "question.resolved";
    }
  }

  /** How far a question is. */
  enum QuestionStatus {
    @JsonProperty("requested")
    REQUESTED,
    @JsonProperty("answered")
    ANSWERED,
    @JsonProperty("rejected")
    REJECTED
  }

  /**
   * A turn of the conversation began or ended. Only for who asked for it; agent API, sheet 4.18.
   *
   * @param turnId the same for its begin and its end
   * @param metadata of its end: how it went
   */
  @JsonNaming(SnakeCaseStrategy.class)
  record Turn(TurnPhase phase, Optional<String> turnId, Optional<JsonNode> metadata)
      implements AgentEvent {
    public Turn {
      requireNonNull(phase, "phase");
      requireNonNull(turnId, "turnId");
      metadata = known(metadata, "metadata");
    }

    @Override
    public String type() {
      return phase == TurnPhase.STARTED ? "turn.started" : "turn.ended";
    }
  }

  /** How far a turn is. */
  enum TurnPhase {
    @JsonProperty("started")
    STARTED,
    @JsonProperty("ended")
    ENDED
  }

  /** The agent wrote something that could not be understood. */
  @JsonNaming(SnakeCaseStrategy.class)
  record Unparsed(String error, String location, Optional<String> rawHash) implements AgentEvent {
    public Unparsed {
      requireNonNull(error, "error");
      requireNonNull(location, "location");
      requireNonNull(rawHash, "rawHash");
    }

    @Override
    public String type() {
      return "agent.unparsed";
    }
  }

  /** JSON's null says that nothing is known. */
  private static Optional<JsonNode> known(Optional<JsonNode> value, String name) {
    return requireNonNull(value, name).filter(node -> !node.isNull());
  }
}
