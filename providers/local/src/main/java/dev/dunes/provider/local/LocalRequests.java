package dev.dunes.provider.local;

import dev.dunes.sandbox.ErrorDetails;
import dev.dunes.sandbox.InvalidRequestException;
import dev.dunes.sandbox.NetworkMode;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.UnsupportedCapabilityException;

/** Refuses what this provider cannot give, before anything is made. */
final class LocalRequests {
  private LocalRequests() {}

  /** The runtime for it. */
  static SandboxRuntime check(SandboxSpec spec, LocalHost host) {
    SandboxRuntime runtime = host.runtimes().choose(spec);
    if (spec.network().filter(NetworkMode.BRIDGE::equals).isPresent()) {
      throw new UnsupportedCapabilityException(
          "network: provider 'local' has no bridge",
          ErrorDetails.remedy("use 'none' with relays, or 'host'"));
    }
    HostMounts.check(spec.mounts(), host.root());
    Volumes.check(spec.volumes());
    for (String key : spec.providerConfig().keySet()) {
      if (!key.equals(SandboxRuntime.SETTING)) {
        throw new InvalidRequestException(
            "providerConfig." + key,
            "providerConfig.%s: provider 'local' has no such setting".formatted(key),
            ErrorDetails.remedy("leave it out; there is " + SandboxRuntime.SETTING));
      }
    }
    return runtime;
  }
}
