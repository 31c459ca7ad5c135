package dev.dunes.sandbox;

import static java.util.Objects.requireNonNull;

/**
 * A provider as {@code ds providers} shows it. Found out without network.
 *
 * @param name the provider
 * @param description one line on what it is
 * @param requirement one line on what it needs
 * @param setupHint one line on how it is set up
 * @param experimental whether it is marked as experimental
 * @param configured whether it can be used
 * @param reason one line on why it can be used or not
 */
public record ProviderStatus(
    String name,
    String description,
    String requirement,
    String setupHint,
    boolean experimental,
    boolean configured,
    String reason) {
  public ProviderStatus {
    requireNonNull(name, "name");
    requireNonNull(description, "description");
    requireNonNull(requirement, "requirement");
    requireNonNull(setupHint, "setupHint");
    requireNonNull(reason, "reason");
  }
}
