package dev.dunes.cli;

import dev.dunes.sandbox.ProviderStatus;
import dev.dunes.sandbox.Providers;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxInterruptedException;
import dev.dunes.sandbox.spi.Check;
import dev.dunes.sandbox.spi.ProviderSettings;
import dev.dunes.sandbox.spi.SandboxProviderFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What was found out about one provider, or about Dunes itself.
 *
 * @param name the provider
 * @param checks everything that was looked at
 */
record Diagnosis(String name, List<Check> checks) {
  Diagnosis {
    checks = List.copyOf(checks);
  }

  /** Whether nothing is in its way. */
  boolean usable() {
    return checks.stream().noneMatch(check -> check.status() == Check.Status.FAIL);
  }

  /** The same with what a trial showed. */
  Diagnosis with(Trial trial) {
    List<Check> all = new ArrayList<>(checks);
    trial
        .failure()
        .ifPresentOrElse(
            why -> all.add(Check.fail("trial", why, "see the checks above")),
            () -> all.add(Check.ok("trial", trial.timings())));
    return new Diagnosis(name, all);
  }

  /** Asks a provider what it needs and what of it is there. */
  static Diagnosis of(ProviderStatus status) {
    Optional<SandboxProviderFactory> factory = Providers.find(status.name());
    if (factory.isEmpty()) {
      return new Diagnosis(
          status.name(),
          List.of(
              status.configured()
                  ? Check.ok("available", status.reason())
                  : Check.fail("available", status.reason(), status.setupHint())));
    }
    try {
      return new Diagnosis(status.name(), factory.get().diagnose(ProviderSettings.system()));
    } catch (SandboxInterruptedException e) {
      throw e;
    } catch (SandboxException e) {
      return failed(status, String.valueOf(e.getMessage()), e.remedy().orElse(status.setupHint()));
    } catch (RuntimeException e) {
      return failed(status, e.toString(), status.setupHint());
    }
  }

  private static Diagnosis failed(ProviderStatus status, String why, String remedy) {
    return new Diagnosis(status.name(), List.of(Check.fail("diagnosis", why, remedy)));
  }
}
