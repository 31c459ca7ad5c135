package dev.dunes.provider.local;

import dev.dunes.sandbox.ErrorDetails;
import dev.dunes.sandbox.IsolationTier;
import dev.dunes.sandbox.IsolationUnavailableException;
import dev.dunes.sandbox.SandboxSpec;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * Which runtime builds a sandbox: what its specification names; else gVisor's where that tier is
 * asked for; else what the provider is set to.
 *
 * @param preferred the provider's setting
 * @param found where each one's program is
 */
record Runtimes(SandboxRuntime preferred, Map<SandboxRuntime, Path> found) {
  Runtimes {
    found = Map.copyOf(found);
  }

  /**
   * Chooses.
   *
   * @throws IsolationUnavailableException when it is not installed, or too weak for what is asked
   */
  SandboxRuntime choose(SandboxSpec spec) {
    SandboxRuntime chosen = named(spec);
    spec.isolation()
        .filter(wanted -> !chosen.tier().atLeast(wanted))
        .ifPresent(wanted -> {
          throw new IsolationUnavailableException(
              "isolation: provider 'local' with runtime '%s' gives '%s', not '%s'"
                  .formatted(chosen.program(), chosen.tier().wireName(), wanted.wireName()),
              ErrorDetails.remedy("ask for 'namespace', or use a provider with a stronger tier"));
        });
    requireUsable(chosen);
    return chosen;
  }

  private SandboxRuntime named(SandboxSpec spec) {
    String field = "providerConfig." + SandboxRuntime.SETTING;
    Optional<SandboxRuntime> asked =
        Optional.ofNullable(spec.providerConfig().get(SandboxRuntime.SETTING))
            .map(text -> SandboxRuntime.of(field, text));
    boolean gvisor = spec.isolation().filter(IsolationTier.GVISOR::equals).isPresent();
    return asked.orElse(gvisor ? SandboxRuntime.RUNSC : preferred);
  }

  private void requireUsable(SandboxRuntime runtime) {
    if (!found.containsKey(runtime)) {
      String name = runtime == SandboxRuntime.BWRAP ? "bubblewrap (bwrap)" : runtime.program();
      String pack = runtime == SandboxRuntime.BWRAP ? "bubblewrap" : runtime.program();
      throw new IsolationUnavailableException(
          "%s is not installed".formatted(name),
          ErrorDetails.remedy(
              "install the package '%1$s' (Debian, Ubuntu: apt-get install %1$s)".formatted(pack)));
    }
    if (runtime == SandboxRuntime.RUNSC) {
      throw new IsolationUnavailableException(
          "isolation: gVisor's kernel cannot take over the socket by which a local sandbox is reached",
          ErrorDetails.remedy(
              "use provider 'docker' with gVisor's runtime, or ask for 'namespace'"));
    }
  }

  Path program(SandboxRuntime runtime) {
    return Optional.ofNullable(found.get(runtime)).orElseThrow();
  }
}
