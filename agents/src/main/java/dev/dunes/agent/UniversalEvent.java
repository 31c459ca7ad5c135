package dev.dunes.agent;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.time.Instant;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * An event of a session as clients get it, see {@link UniversalEvents} for its JSON. Agent API,
 * sheet 2.6.
 *
 * @param sequence from 1, without gaps; the only key that orders events
 * @param sessionId ours
 * @param nativeSessionId the agent's, once it is known
 * @param synthetic made by us, not by the agent
 * @param source who made it
 * @param raw what the agent wrote, when asked for
 */
public record UniversalEvent(
    long sequence,
    Instant time,
    String sessionId,
    Optional<String> nativeSessionId,
    boolean synthetic,
    Source source,
    AgentEvent data,
    Optional<JsonNode> raw) {
  public UniversalEvent {
    requireNonNull(time, "time");
    requireNonNull(sessionId, "sessionId");
    requireNonNull(nativeSessionId, "nativeSessionId");
    requireNonNull(source, "source");
    requireNonNull(data, "data");
    requireNonNull(raw, "raw");
    if (sequence < 1) {
      throw new IllegalArgumentException("sequence must be 1 or more: " + sequence);
    }
    if (synthetic != (source == Source.DAEMON)) {
      throw new IllegalArgumentException("what the daemon makes is synthetic, and nothing else");
    }
  }

  /** {@code evt_<sequence>}. */
  public String eventId() {
    return "evt_" + sequence;
  }

  /** Who made an event. */
  public enum Source {
    @JsonProperty("agent")
    AGENT,
    @JsonProperty("daemon")
    DAEMON
  }
}
