package dev.dunes.sandbox;

import static java.util.Objects.requireNonNull;

import java.time.Instant;

/**
 * The saved files of a sandbox. Use {@link #image()} as the image of new ones.
 *
 * @param id unique within its provider
 * @param provider who holds it
 * @param createdAt when it was taken
 */
public record Snapshot(String id, String provider, Instant createdAt) {
  public Snapshot {
    requireNonNull(id, "id");
    requireNonNull(provider, "provider");
    requireNonNull(createdAt, "createdAt");
  }

  /** What {@link SandboxSpec.Builder#image} takes to start from these files. */
  public String image() {
    return "snapshot:" + id;
  }
}
