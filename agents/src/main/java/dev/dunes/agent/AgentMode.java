package dev.dunes.agent;

import static java.util.Objects.requireNonNull;

/**
 * A way an agent can work, such as {@code build} or {@code plan}.
 *
 * @param id what clients send
 * @param name for people
 * @param description for people, one line
 */
public record AgentMode(String id, String name, String description) {
  public AgentMode {
    requireNonNull(id, "id");
    requireNonNull(name, "name");
    requireNonNull(description, "description");
  }
}
