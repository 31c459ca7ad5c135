package dev.dunes.sandbox.spi;

import java.util.List;
import java.util.Set;

/** Found by {@link java.util.ServiceLoader}: knows whether a provider can be used and opens it. */
public interface SandboxProviderFactory {
  /** The provider's name: lower case. */
  String name();

  /** One line on what it is. */
  String description();

  /** One line on what it needs to be used, such as the name of an environment variable. */
  String requirement();

  /** How it is set up, for those who have not yet; one line. */
  String setupHint();

  /**
   * Its place in detection: lower is asked first. Cloud providers have 10 to 99, docker 100,
   * kubernetes 110, local 1000. A negative one is never chosen by itself.
   */
  int detectionOrder();

  /**
   * Whether it may be chosen by itself with these settings, given that it can be used. Fast; no
   * network.
   */
  default boolean detected(ProviderSettings settings) {
    return detectionOrder() >= 0;
  }

  /** Whether it is marked as experimental. */
  default boolean experimental() {
    return false;
  }

  /** The names of the settings it reads, see {@link ProviderSettings#setting}. */
  default Set<String> settings() {
    return Set.of();
  }

  /** Whether it can be used with these settings. Fast; no network. */
  Availability availability(ProviderSettings settings);

  /**
   * Opens it. Throws a {@link dev.dunes.sandbox.SandboxException} with a remedy when it cannot be.
   */
  SandboxProvider open(ProviderSettings settings);

  /**
   * What {@code ds doctor} shows about this provider: everything it needs here, whether it is
   * there, and what to do when it is not. It can be opened when no check fails. Read-only; may take
   * seconds.
   */
  default List<Check> diagnose(ProviderSettings settings) {
    Availability found = availability(settings);
    return List.of(
        found.usable()
            ? Check.ok("available", found.reason())
            : Check.fail("available", found.reason(), setupHint()));
  }

  /**
   * Whether a provider can be used, and why.
   *
   * @param usable it can be opened
   * @param reason one line
   */
  record Availability(boolean usable, String reason) {}
}
