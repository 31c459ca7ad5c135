package dev.dunes.provider.local;

import dev.dunes.sandbox.ErrorDetails;
import dev.dunes.sandbox.HostMount;
import dev.dunes.sandbox.InvalidRequestException;
import dev.dunes.sandbox.IsolationTier;
import dev.dunes.sandbox.IsolationUnavailableException;
import dev.dunes.sandbox.NetworkMode;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.UnsupportedCapabilityException;
import java.nio.file.Files;

/** Refuses what this provider cannot give, before anything is made. */
final class LocalRequests {
  /** The only place for mounts of the host: exists in every root, and hides nothing of it. */
  private static final String MOUNTS = "/opt/dunes/";

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
    spec.mounts().forEach(LocalRequests::check);
    if (!spec.providerConfig().isEmpty()) {
      String key = spec.providerConfig().keySet().iterator().next();
      throw new InvalidRequestException(
          "providerConfig." + key,
          "providerConfig.%s: provider 'local' has no such setting".formatted(key),
          ErrorDetails.remedy("leave it out"));
    }
  }

  private static void check(HostMount mount) {
    if (!mount.target().startsWith(MOUNTS)) {
      throw InvalidRequestException.field(
          "mounts.target", mount.target(), "a path below " + MOUNTS);
    }
    if (!Files.exists(mount.source())) {
      throw InvalidRequestException.field(
          "mounts.source", mount.source(), "a file or directory that exists");
    }
  }
}
