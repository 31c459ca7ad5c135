package dev.dunes.session;

import static java.util.Objects.requireNonNull;

import dev.dunes.agent.AgentTraits;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * An agent as it is on this machine. Agent API, sheet 2.3, {@code AgentInfo}.
 *
 * @param version of the program that would be used, when it is installed
 * @param path of that program
 * @param credentialsAvailable whether a model can be asked for it with the keys that are set
 * @param traits what it can do
 * @param server its shared process, when it has one
 */
public record AgentStatus(
    String id,
    boolean installed,
    Optional<String> version,
    Optional<String> path,
    boolean credentialsAvailable,
    AgentTraits traits,
    Optional<ServerStatus> server) {
  public AgentStatus {
    requireNonNull(id, "id");
    requireNonNull(version, "version");
    requireNonNull(path, "path");
    requireNonNull(traits, "traits");
    requireNonNull(server, "server");
  }

  /**
   * A process that serves several sessions.
   *
   * @param status {@code running}, {@code stopped} or {@code error}
   */
  public record ServerStatus(
      String status,
      Optional<String> baseUrl,
      OptionalLong uptimeMillis,
      int restartCount,
      Optional<String> lastError) {
    public ServerStatus {
      requireNonNull(status, "status");
      requireNonNull(baseUrl, "baseUrl");
      requireNonNull(uptimeMillis, "uptimeMillis");
      requireNonNull(lastError, "lastError");
    }
  }
}
