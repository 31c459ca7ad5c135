package dev.dunes.provider.cloud;

import dev.dunes.sandbox.ErrorDetails;
import dev.dunes.sandbox.IsolationTier;
import dev.dunes.sandbox.IsolationUnavailableException;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.UnsupportedCapabilityException;

/** What no vendor can give, because it is on this machine. It is refused, never left out. */
public final class CloudSpecs {
  private CloudSpecs() {}

  static void check(String provider, SandboxSpec spec) {
    if (!spec.mounts().isEmpty()) {
      throw unsupported(provider, "mounts", "its sandboxes see no file of this machine", "upload");
    }
    if (!spec.relays().isEmpty()) {
      throw unsupported(
          provider, "relays", "its sandboxes reach no socket of this machine", "use 'local'");
    }
    if (!spec.volumes().isEmpty()) {
      throw unsupported(provider, "volumes", "its sandboxes share no files", "use 'local'");
    }
  }

  /** Refuses something this vendor has no setting for. */
  public static UnsupportedCapabilityException unsupported(
      String provider, String field, String why, String remedy) {
    return new UnsupportedCapabilityException(
        "%s: not with provider '%s': %s".formatted(field, provider, why),
        ErrorDetails.remedy(remedy).withProvider(provider));
  }

  /** Refuses isolation that is stronger than this vendor says it has. */
  public static void checkIsolation(String provider, SandboxSpec spec, IsolationTier has) {
    spec.isolation()
        .filter(wanted -> !has.atLeast(wanted))
        .ifPresent(wanted -> {
          throw new IsolationUnavailableException(
              "isolation: provider '%s' gives %s, not %s"
                  .formatted(provider, has.wireName(), wanted.wireName()),
              ErrorDetails.remedy("ask for less, or use another provider").withProvider(provider));
        });
  }
}
