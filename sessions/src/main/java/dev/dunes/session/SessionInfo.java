package dev.dunes.session;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import java.util.Optional;

/**
 * How a session is. Agent API, sheet 2.3, {@code SessionInfo}, and more.
 *
 * @param agentMode as it was understood, such as {@code build}
 * @param permissionMode as it was understood, such as {@code default}
 * @param ended whether nothing will follow, unless a message opens it again
 * @param eventCount how many events are in its journal
 * @param busy whether a turn runs
 * @param title for people
 * @param directory where the agent works, in the sandbox
 * @param provider of its sandbox, once it has one
 * @param sandboxId of its sandbox, while it has one
 */
public record SessionInfo(
    String sessionId,
    String agent,
    String agentMode,
    String permissionMode,
    Optional<String> model,
    Optional<String> variant,
    Optional<String> nativeSessionId,
    boolean ended,
    long eventCount,
    boolean busy,
    Optional<String> title,
    Optional<String> directory,
    Optional<String> provider,
    Optional<String> sandboxId,
    Instant createdAt,
    Instant updatedAt) {
  public SessionInfo {
    requireNonNull(sessionId, "sessionId");
    requireNonNull(agent, "agent");
    requireNonNull(agentMode, "agentMode");
    requireNonNull(permissionMode, "permissionMode");
    requireNonNull(model, "model");
    requireNonNull(variant, "variant");
    requireNonNull(nativeSessionId, "nativeSessionId");
    requireNonNull(title, "title");
    requireNonNull(directory, "directory");
    requireNonNull(provider, "provider");
    requireNonNull(sandboxId, "sandboxId");
    requireNonNull(createdAt, "createdAt");
    requireNonNull(updatedAt, "updatedAt");
  }
}
