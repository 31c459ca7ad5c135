package dev.dunes.provider.local;

import dev.dunes.guest.SandboxStore;
import dev.dunes.sandbox.InvalidRequestException;
import dev.dunes.sandbox.spi.Check;
import dev.dunes.sandbox.spi.ProviderSettings;
import dev.dunes.sandbox.spi.SandboxProvider;
import dev.dunes.sandbox.spi.SandboxProviderFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Opens the provider of sandboxes on this machine. */
public final class LocalSandboxProviderFactory implements SandboxProviderFactory {
  private static final int LAST = 1000;

  /** For {@link java.util.ServiceLoader}. */
  public LocalSandboxProviderFactory() {}

  @Override
  public String name() {
    return LocalSandboxProvider.NAME;
  }

  @Override
  public String description() {
    return "Sandboxes on this machine: namespaces, seccomp, no network, no daemon, no account";
  }

  @Override
  public String requirement() {
    return "Linux with bubblewrap";
  }

  @Override
  public String setupHint() {
    return "apt-get install bubblewrap, then ds doctor";
  }

  @Override
  public int detectionOrder() {
    return LAST;
  }

  @Override
  public Availability availability(ProviderSettings settings) {
    if (!Files.exists(Path.of("/proc/self/ns/user"))) {
      return new Availability(false, "this kernel has no user namespaces");
    }
    if (!LocalHost.supportedArchitecture()) {
      return new Availability(false, "no system call filter for this architecture");
    }
    String program = runtime(settings).program();
    return LocalHost.program(program, settings.environment())
        .map(path -> new Availability(true, program + " at " + path))
        .orElse(new Availability(false, program + " is not installed"));
  }

  static SandboxRuntime runtime(ProviderSettings settings) {
    return settings
        .settingOrEnv(SandboxRuntime.SETTING, "DUNES_LOCAL_RUNTIME")
        .map(text -> SandboxRuntime.of(SandboxRuntime.SETTING, text))
        .orElse(SandboxRuntime.BWRAP);
  }

  @Override
  public List<Check> diagnose(ProviderSettings settings) {
    return new Diagnosis(settings).checks();
  }

  @Override
  public SandboxProvider open(ProviderSettings settings) {
    LocalHost host = LocalHost.detect(settings.environment(), runtime(settings));
    SandboxStore store = SandboxStore.open(settings, LocalSandboxProvider.NAME);
    return new LocalSandboxProvider(
        host, LocalState.open(store.stateRoot()), store, imageLimit(settings));
  }

  private static long imageLimit(ProviderSettings settings) {
    Optional<String> megabytes =
        settings.settingOrEnv(ImageStore.LIMIT_SETTING, "DUNES_IMAGE_LIMIT_MB");
    if (megabytes.isEmpty()) {
      return ImageStore.DEFAULT_LIMIT;
    }
    try {
      return Math.multiplyExact(Math.max(1, Long.parseLong(megabytes.get())), 1L << 20);
    } catch (NumberFormatException | ArithmeticException e) {
      throw InvalidRequestException.field(
          ImageStore.LIMIT_SETTING, megabytes.get(), "a number of MiB");
    }
  }

  @Override
  public Set<String> settings() {
    return Set.of("state_dir", ImageStore.LIMIT_SETTING, SandboxRuntime.SETTING);
  }
}
