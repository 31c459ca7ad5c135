package dev.dunes.agent;

import static java.util.Objects.requireNonNull;

import dev.dunes.sandbox.HostMount;
import java.util.List;
import java.util.Optional;

/**
 * What a sandbox needs so that an agent can be opened in it.
 *
 * @param mounts the agent's programs, the agent itself last, to be shown read-only; where a
 *     provider cannot show files of this host the agent uploads itself when it is opened. None for
 *     an agent that needs no sandbox or is part of it
 * @param version the version that is installed
 */
public record AgentPlacement(List<HostMount> mounts, String version) {
  public AgentPlacement {
    mounts = List.copyOf(mounts);
    requireNonNull(version, "version");
  }

  /** One with a single mount. */
  public AgentPlacement(HostMount mount, String version) {
    this(List.of(mount), version);
  }

  /** Where the agent itself is, the last of its mounts; empty for one that needs none. */
  public Optional<HostMount> program() {
    return mounts.isEmpty() ? Optional.empty() : Optional.of(mounts.getLast());
  }
}
