package dev.dunes.provider.host;

import dev.dunes.sandbox.ErrorDetails;
import dev.dunes.sandbox.IsolationTier;
import dev.dunes.sandbox.IsolationUnavailableException;
import dev.dunes.sandbox.NetworkMode;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.UnsupportedCapabilityException;
import java.util.Optional;

/**
 * Which specifications plain processes can fulfil. What cannot be given is refused, never left out
 * in silence.
 */
final class HostSpecs {
  private static final String SNAPSHOT_PREFIX = "snapshot:";

  private HostSpecs() {}

  static void check(SandboxSpec spec) {
    spec.isolation()
        .filter(tier -> tier != IsolationTier.NONE)
        .ifPresent(tier -> refuse("isolation", tier.wireName()));
    spec.memoryMb().ifPresent(value -> refuse("memoryMb", value));
    spec.cpuCores().ifPresent(value -> refuse("cpuCores", value));
    spec.diskMb().ifPresent(value -> refuse("diskMb", value));
    spec.maxProcesses().ifPresent(value -> refuse("maxProcesses", value));
    spec.network()
        .filter(mode -> mode != NetworkMode.HOST)
        .ifPresent(mode -> refuse("network", mode));
    if (!spec.relays().isEmpty()) {
      throw unsupported(
          "relays",
          "commands share this machine's ports",
          "connect to the Unix socket itself, or use provider 'local'");
    }
    if (!spec.mounts().isEmpty()) {
      throw unsupported(
          "mounts", "commands see this machine's own files", "use the files where they are");
    }
    if (!spec.volumes().isEmpty()) {
      throw unsupported(
          "volumes",
          "commands see this machine's own files",
          "use a directory of this machine, or provider 'local'");
    }
    if (spec.image().isPresent() && snapshot(spec).isEmpty()) {
      throw unsupported(
          "image",
          "commands see this machine's own files",
          "leave it out, or use a provider with images such as 'docker'");
    }
  }

  /** The snapshot it is to start from. */
  static Optional<String> snapshot(SandboxSpec spec) {
    return spec.image()
        .filter(image -> image.startsWith(SNAPSHOT_PREFIX))
        .map(image -> image.substring(SNAPSHOT_PREFIX.length()));
  }

  private static void refuse(String field, Object value) {
    throw new IsolationUnavailableException(
        "%s: provider 'host' isolates nothing and cannot enforce '%s'".formatted(field, value),
        ErrorDetails.remedy(
                "leave %s out, or use a provider that isolates, such as 'local'".formatted(field))
            .withProvider(HostSandboxProviderFactory.NAME));
  }

  private static UnsupportedCapabilityException unsupported(
      String field, String why, String remedy) {
    return new UnsupportedCapabilityException(
        "%s: not with provider 'host': %s".formatted(field, why),
        ErrorDetails.remedy(remedy).withProvider(HostSandboxProviderFactory.NAME));
  }
}
