package dev.dunes.provider.local;

import dev.dunes.sandbox.ErrorDetails;
import dev.dunes.sandbox.InvalidRequestException;
import dev.dunes.sandbox.IsolationTier;
import dev.dunes.sandbox.IsolationUnavailableException;
import dev.dunes.sandbox.NetworkMode;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.UnsupportedCapabilityException;

/** Refuses what this provider cannot give, before anything is made. */
final class LocalRequests {
  private LocalRequests() {}

  static void check(SandboxSpec spec, LocalHost host) {
    if (host.bubblewrap().isEmpty()) {
      throw new IsolationUnavailableException(
          "bubblewrap (bwrap) is not installed",
          ErrorDetails.remedy(
              "install the package 'bubblewrap' (Debian, Ubuntu: apt-get install bubblewrap)"));
    }
    spec.isolation()
        .filter(wanted -> !IsolationTier.NAMESPACE.atLeast(wanted))
        .ifPresent(wanted -> {
          throw new IsolationUnavailableException(
              "isolation: provider 'local' gives '%s', not '%s'"
                  .formatted(IsolationTier.NAMESPACE.wireName(), wanted.wireName()),
              ErrorDetails.remedy("ask for 'namespace', or use a provider with a stronger tier"));
        });
    if (spec.network().filter(NetworkMode.BRIDGE::equals).isPresent()) {
      throw new UnsupportedCapabilityException(
          "network: provider 'local' has no bridge",
          ErrorDetails.remedy("use 'none' with relays, or 'host'"));
    }
    HostMounts.check(spec.mounts(), host.root());
    if (!spec.providerConfig().isEmpty()) {
      String key = spec.providerConfig().keySet().iterator().next();
      throw new InvalidRequestException(
          "providerConfig." + key,
          "providerConfig.%s: provider 'local' has no such setting".formatted(key),
          ErrorDetails.remedy("leave it out"));
    }
  }
}
