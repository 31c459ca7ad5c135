package dev.dunes.sandbox;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * A sandbox as seen at one moment.
 *
 * @param id unique within its provider
 * @param provider the provider's name
 * @param state what it was doing
 * @param labels what it can be found by
 * @param createdAt when it was made, if known
 * @param deadline when it will end by itself, if ever
 * @param isolation how strongly it is kept apart
 * @param metadata what else the provider has to say, such as which limits are in force
 */
public record SandboxInfo(
    String id,
    String provider,
    SandboxState state,
    Map<String, String> labels,
    Optional<Instant> createdAt,
    Optional<Instant> deadline,
    IsolationTier isolation,
    Map<String, String> metadata) {
  public SandboxInfo {
    requireNonNull(id, "id");
    requireNonNull(provider, "provider");
    requireNonNull(state, "state");
    labels = Map.copyOf(labels);
    requireNonNull(createdAt, "createdAt");
    requireNonNull(deadline, "deadline");
    requireNonNull(isolation, "isolation");
    metadata = Map.copyOf(metadata);
  }

  /** Whether it carries all these labels with these values. */
  public boolean hasLabels(Map<String, String> wanted) {
    return labels.entrySet().containsAll(wanted.entrySet());
  }
}
