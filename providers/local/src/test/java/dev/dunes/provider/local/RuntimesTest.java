package dev.dunes.provider.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunes.sandbox.HostMount;
import dev.dunes.sandbox.InvalidRequestException;
import dev.dunes.sandbox.IsolationTier;
import dev.dunes.sandbox.IsolationUnavailableException;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.spi.ProviderSettings;
import dev.dunes.sandbox.spi.SandboxProvider;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Which runtime builds a sandbox, and that what is seen inside does not depend on it. */
class RuntimesTest {
  private static final Path SOMEWHERE = Path.of("/usr/bin/x");

  private static SandboxRuntime choose(Map<SandboxRuntime, Path> found, SandboxSpec.Builder spec) {
    return new Runtimes(SandboxRuntime.BWRAP, found).choose(spec.build());
  }

  @Test
  void theSpecificationsChoiceComesBeforeTheSetting() {
    Map<SandboxRuntime, Path> both =
        Map.of(SandboxRuntime.BWRAP, SOMEWHERE, SandboxRuntime.CRUN, SOMEWHERE);
    assertThat(choose(both, SandboxSpec.builder())).isEqualTo(SandboxRuntime.BWRAP);
    assertThat(choose(both, SandboxSpec.builder().providerConfig("runtime", "crun")))
        .isEqualTo(SandboxRuntime.CRUN);
    assertThat(new Runtimes(SandboxRuntime.CRUN, both).choose(SandboxSpec.DEFAULT))
        .isEqualTo(SandboxRuntime.CRUN);
  }

  @Test
  void whatIsNotInstalledIsRefusedWithWhatToInstall() {
    assertThatThrownBy(() -> choose(Map.of(), SandboxSpec.builder()))
        .isInstanceOf(IsolationUnavailableException.class)
        .hasMessageContaining("bubblewrap");
    assertThatThrownBy(() ->
            choose(
                Map.of(SandboxRuntime.BWRAP, SOMEWHERE),
                SandboxSpec.builder().isolation(IsolationTier.GVISOR)))
        .isInstanceOfSatisfying(
            IsolationUnavailableException.class,
            e -> assertThat(e.remedy().orElseThrow()).contains("runsc"))
        .hasMessageContaining("runsc is not installed");
  }

  @Test
  void aTierThatARuntimeDoesNotGiveIsRefused() {
    Map<SandboxRuntime, Path> found =
        Map.of(SandboxRuntime.CRUN, SOMEWHERE, SandboxRuntime.RUNSC, SOMEWHERE);
    SandboxSpec.Builder named = SandboxSpec.builder().providerConfig("runtime", "crun");
    assertThatThrownBy(() -> choose(found, named.isolation(IsolationTier.GVISOR)))
        .isInstanceOf(IsolationUnavailableException.class)
        .hasMessageContaining("'namespace', not 'gvisor'");
    assertThatThrownBy(() -> choose(found, SandboxSpec.builder().isolation(IsolationTier.MICROVM)))
        .isInstanceOf(IsolationUnavailableException.class);
    assertThatThrownBy(() -> choose(found, SandboxSpec.builder().isolation(IsolationTier.GVISOR)))
        .isInstanceOf(IsolationUnavailableException.class)
        .hasMessageContaining("gVisor");
  }

  @Test
  void unknownNamesAreRefusedWithTheKnownOnes() {
    assertThatThrownBy(
            () -> choose(Map.of(), SandboxSpec.builder().providerConfig("runtime", "docker")))
        .isInstanceOfSatisfying(
            InvalidRequestException.class,
            e -> assertThat(e.remedy().orElseThrow()).contains("bwrap, crun, runc, runsc"));
    ProviderSettings settings =
        new ProviderSettings(Map.of(), Map.of("DUNES_LOCAL_RUNTIME", "docker"));
    assertThatThrownBy(() -> new LocalSandboxProviderFactory().availability(settings))
        .isInstanceOf(InvalidRequestException.class);
    assertThatThrownBy(
            () -> choose(Map.of(), SandboxSpec.builder().providerConfig("runtime", " crun")))
        .isInstanceOf(InvalidRequestException.class);
  }

  @Test
  void theVariableIsTheSettingWhereThatIsNotGiven() {
    Map<String, String> environment = Map.of("DUNES_LOCAL_RUNTIME", "crun");
    assertThat(LocalSandboxProviderFactory.runtime(new ProviderSettings(Map.of(), environment)))
        .isEqualTo(SandboxRuntime.CRUN);
    assertThat(
            LocalSandboxProviderFactory.runtime(
                new ProviderSettings(Map.of("runtime", "runc"), environment)))
        .isEqualTo(SandboxRuntime.RUNC);
    assertThat(LocalSandboxProviderFactory.runtime(new ProviderSettings(Map.of(), Map.of())))
        .isEqualTo(SandboxRuntime.BWRAP);
  }

  private static void assumeUsable(SandboxRuntime runtime) {
    Assumptions.assumeTrue(
        LocalHost.program(runtime.program(), System.getenv()).isPresent(),
        "skipped: needs " + runtime.program());
    try (Local local = Local.open(Map.of("runtime", runtime.program()))) {
      local.create().close();
    } catch (IsolationUnavailableException e) {
      assertThat(e).hasMessageContaining("hybrid");
      Assumptions.abort("skipped: " + e.getMessage());
    }
  }

  /** What differs is only who made it. */
  @ParameterizedTest
  @EnumSource(names = {"CRUN", "RUNC"})
  void theSandboxIsTheSameByWhateverRuntime(SandboxRuntime runtime) throws IOException {
    assumeUsable(runtime);
    try (Local local = Local.open()) {
      Path shown = Files.writeString(local.base.resolve("shown"), "shown\n");
      SandboxSpec.Builder spec =
          SandboxSpec.builder().mount(new HostMount(shown, "/opt/dunes/shown"));
      try (Sandbox usual = local.create(spec);
          Sandbox other = local.create(spec.providerConfig("runtime", runtime.program()));
          Sandbox fork = other.forking().orElseThrow().fork()) {
        for (String line :
            new String[] {
              "id; pwd; hostname; umask; ulimit -a | grep -v -E 'pending|processes'",
              "env | grep -v DUNES_SANDBOX | sort",
              "ls -a / /dev /opt/dunes /home /run /workspace | grep -vx core; stat -c '%A %n' /tmp /dev/shm /run /workspace",
              "grep -E '^(Cap|NoNewPrivs|Seccomp|Groups)' /proc/self/status",
              "ls /sys /proc/acpi 2>/dev/null; head -c 1 /proc/keys; head -c 1 /proc/interrupts; cat /opt/dunes/shown",
              "for i in /tmp /run /dev/shm; do stat -f -c '%n %b' $i; done"
            }) {
          assertThat(Local.sh(other, line)).as(line).isEqualTo(Local.sh(usual, line));
          assertThat(Local.sh(fork, line)).as(line).isEqualTo(Local.sh(usual, line));
        }
        assertThat(usual.info().metadata()).containsEntry("runtime", "bwrap");
        assertThat(other.info().metadata()).containsEntry("runtime", runtime.program());
        assertThat(fork.info().metadata()).containsEntry("runtime", runtime.program());
        assertThat(other.info().isolation()).isEqualTo(IsolationTier.NAMESPACE);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"CRUN", "RUNC"})
  void imagesAndLimitsAreTheSame(SandboxRuntime runtime) throws IOException {
    assumeUsable(runtime);
    try (Local local = Local.open(Map.of("runtime", runtime.program()))) {
      Path rootfs = Rootfs.make(local.base.resolve("rootfs"));
      try (Sandbox image = local.create(SandboxSpec.builder().image(rootfs.toString()))) {
        assertThat(Local.sh(image, "cat /etc/whose /app/data; id -u; echo x > /workspace/f"))
            .isEqualTo("the image's\nfrom the image\n1000");
        assertThat(image.exec("touch /app/new").success()).isFalse();
      }
      try (Sandbox limited = local.create(SandboxSpec.builder().diskMb(16))) {
        assertThat(limited.exec("head -c 64M /dev/zero > /workspace/f").success()).isFalse();
        Local.sh(limited, "rm /workspace/f; echo on > /workspace/f");
      }
      try (SandboxProvider other = local.another()) {
        assertThat(other.list(Map.of())).isEmpty();
      }
    }
  }
}
