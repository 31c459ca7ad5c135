package dev.dunes.agent;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import tools.jackson.databind.annotation.JsonNaming;

/**
 * One thing in a conversation: a message, a call of a tool, its result, a word about how it goes.
 * Agent API, sheet 2.7.
 *
 * @param itemId unique in the session, {@code itm_<n>}; empty as long as nobody has given one
 * @param nativeItemId the agent's own name for it
 * @param parentId what it belongs to, such as the call that started a subagent: the native id as
 *     long as {@code itemId} is empty
 */
@JsonNaming(SnakeCaseStrategy.class)
public record UniversalItem(
    String itemId,
    Optional<String> nativeItemId,
    Optional<String> parentId,
    Kind kind,
    Optional<Role> role,
    List<ContentPart> content,
    Status status) {
  public UniversalItem {
    requireNonNull(itemId, "itemId");
    requireNonNull(nativeItemId, "nativeItemId");
    requireNonNull(parentId, "parentId");
    requireNonNull(kind, "kind");
    requireNonNull(role, "role");
    content = List.copyOf(content);
    requireNonNull(status, "status");
  }

  /** What sort of thing it is. */
  public enum Kind {
    @JsonProperty("message")
    MESSAGE,
    @JsonProperty("tool_call")
    TOOL_CALL,
    @JsonProperty("tool_result")
    TOOL_RESULT,
    @JsonProperty("system")
    SYSTEM,
    @JsonProperty("status")
    STATUS,
    @JsonProperty("unknown")
    UNKNOWN
  }

  /** Whose it is. */
  public enum Role {
    @JsonProperty("user")
    USER,
    @JsonProperty("assistant")
    ASSISTANT,
    @JsonProperty("system")
    SYSTEM,
    @JsonProperty("tool")
    TOOL
  }

  /** How far it is. */
  public enum Status {
    @JsonProperty("in_progress")
    IN_PROGRESS,
    @JsonProperty("completed")
    COMPLETED,
    @JsonProperty("failed")
    FAILED
  }
}
