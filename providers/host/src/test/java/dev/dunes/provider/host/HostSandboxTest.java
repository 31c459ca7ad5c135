package dev.dunes.provider.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunes.guest.ProcessIdentity;
import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.HostMount;
import dev.dunes.sandbox.HostRelay;
import dev.dunes.sandbox.InvalidRequestException;
import dev.dunes.sandbox.IsolationTier;
import dev.dunes.sandbox.IsolationUnavailableException;
import dev.dunes.sandbox.NetworkMode;
import dev.dunes.sandbox.OutputChunk;
import dev.dunes.sandbox.RunningCommand;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.SandboxState;
import dev.dunes.sandbox.UnsupportedCapabilityException;
import dev.dunes.sandbox.spi.ProviderSettings;
import dev.dunes.sandbox.spi.SandboxProvider;
import dev.dunes.sandbox.spi.SandboxProviderFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What only this provider does; the rest is {@link HostConformanceTest}'s. */
class HostSandboxTest {
  private static final Duration LIMIT = Duration.ofSeconds(20);

  @TempDir Path state;
  private SandboxProvider provider;

  @BeforeEach
  void open() {
    provider = new HostSandboxProviderFactory().open(settings());
  }

  @AfterEach
  void close() {
    provider.close();
    assertThat(state.resolve("host")).isEmptyDirectory();
  }

  private ProviderSettings settings() {
    return new ProviderSettings(Map.of("state_dir", state.toString()), Map.of());
  }

  private static SandboxSpec.Builder spec() {
    return SandboxSpec.builder().lifetime(Duration.ofMinutes(5));
  }

  static Stream<Arguments> refused() {
    return Stream.of(
        Arguments.of(
            "isolation",
            spec().isolation(IsolationTier.NAMESPACE),
            IsolationUnavailableException.class),
        Arguments.of("memoryMb", spec().memoryMb(64), IsolationUnavailableException.class),
        Arguments.of("cpuCores", spec().cpuCores(1), IsolationUnavailableException.class),
        Arguments.of("diskMb", spec().diskMb(64), IsolationUnavailableException.class),
        Arguments.of("maxProcesses", spec().maxProcesses(64), IsolationUnavailableException.class),
        Arguments.of(
            "network", spec().network(NetworkMode.NONE), IsolationUnavailableException.class),
        Arguments.of(
            "network", spec().network(NetworkMode.BRIDGE), IsolationUnavailableException.class),
        Arguments.of(
            "relays",
            spec().relay(new HostRelay(2000, Path.of("/s"))),
            UnsupportedCapabilityException.class),
        Arguments.of(
            "mounts",
            spec().mount(new HostMount(Path.of("/usr"), "/opt/dunes/usr")),
            UnsupportedCapabilityException.class),
        Arguments.of("image", spec().image("python:3"), UnsupportedCapabilityException.class));
  }

  @ParameterizedTest
  @MethodSource("refused")
  void whatItCannotEnforceIsRefusedByNameWithARemedy(
      String field, SandboxSpec.Builder spec, Class<? extends SandboxException> type) {
    assertThatThrownBy(() -> provider.create(spec.build()))
        .isInstanceOf(type)
        .hasMessageContaining(field)
        .hasMessageContaining("host")
        .isInstanceOfSatisfying(SandboxException.class, e -> assertThat(e.remedy()).isPresent());
  }

  @Test
  void whatAsksForNothingMoreIsGiven() {
    try (Sandbox made =
        provider.create(spec().isolation(IsolationTier.NONE).network(NetworkMode.HOST).build())) {
      assertThat(made.info().isolation()).isEqualTo(IsolationTier.NONE);
      assertThat(made.info().metadata().get("isolation")).contains("none");
    }
  }

  @Test
  void itIsFoundButNeverChosenByItselfAndSaysWhatItIs() {
    SandboxProviderFactory factory =
        ServiceLoader.load(SandboxProviderFactory.class).stream()
            .map(ServiceLoader.Provider::get)
            .filter(each -> each.name().equals("host"))
            .findFirst()
            .orElseThrow();

    assertThat(factory.detectionOrder()).isNegative();
    assertThat(factory.description()).contains("ISOLATES NOTHING");
    assertThat(factory.availability(settings()).usable()).isTrue();
    assertThat(factory.availability(settings()).reason()).contains(state.toString());
  }

  @Test
  void commandsGetAnEnvironmentOfTheirOwn() {
    try (Sandbox made = provider.create(spec().env("OWN", "value").build())) {
      Path home = state.resolve("host").resolve(made.id()).resolve("home");
      assertThat(made.exec("env | cut -d= -f1 | sort | tr '\\n' ' '").stdout())
          .matches("(DUNES_SANDBOX_ID|HOME|LANG|OWN|PATH|PWD|SHLVL|TERM|TMPDIR|_| )+");
      assertThat(made.exec("echo $HOME $OWN; cd && pwd").stdout())
          .isEqualTo("%1$s value\n%1$s\n".formatted(home));
      assertThat(Path.of(made.exec("mktemp").stdout().strip())).startsWith(home.getParent());
    }
  }

  @Test
  void nobodyElseMayLookIntoIt() throws IOException {
    try (Sandbox made = provider.create(spec().env("SECRET", "x").build())) {
      Path directory = state.resolve("host").resolve(made.id());
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory)))
          .isEqualTo("rwx------");
    }
  }

  @Test
  void aWorkingDirectoryThatCannotBeMadeIsRefusedAndNothingIsLeft() {
    assertThatThrownBy(() -> provider.create(spec().workingDir("/proc/no/such").build()))
        .isInstanceOfSatisfying(
            InvalidRequestException.class, e -> assertThat(e.field()).isEqualTo("workingDir"));
    assertThat(state.resolve("host")).isEmptyDirectory();
  }

  @Test
  void aGuestThatWasKilledLeavesNothingAfterTheNextCall() throws IOException {
    String cookie = UUID.randomUUID().toString();
    Sandbox made = provider.create(spec().build());
    try (RunningCommand running =
        made.start(
            Command.shellBuilder(
                    "setsid env -i sleep 1000 & setsid sleep 1000 & echo up; exec sleep 1000")
                .env("COOKIE", cookie)
                .build())) {
      assertThat(running.take().map(OutputChunk::text)).contains("up\n");
      guest(made).kill();
      assertThat(guest(made).awaitEnd(LIMIT)).isTrue();

      assertThat(made.state()).isEqualTo(SandboxState.TERMINATED);
      assertThat(provider.list(Map.of())).isEmpty();

      assertThat(processesWith(cookie)).isEmpty();
      assertThat(state.resolve("host")).isEmptyDirectory();
      assertThatThrownBy(running::waitFor).isInstanceOf(SandboxException.class);
    }
    assertThat(made.destroy()).isFalse();
  }

  @Test
  void aGuestThatWasStoppedCanBeDestroyed() throws Exception {
    Sandbox made = provider.create(spec().build());
    ProcessIdentity guest = guest(made);
    assertThat(new ProcessBuilder("kill", "-STOP", Long.toString(guest.pid())).start().waitFor())
        .isZero();

    assertThat(provider.destroy(made.id())).isTrue();

    assertThat(guest.isAlive()).isFalse();
  }

  @Test
  void directoriesThatAreNoSandboxesAreNoObstacle() throws IOException {
    Path odd = Files.createDirectories(state.resolve("host/oddoddoddodd"));
    Files.writeString(odd.resolve("record"), "not a record");

    assertThat(provider.list(Map.of())).isEmpty();
    assertThat(provider.get("oddoddoddodd")).isEmpty();
    try (Sandbox made = provider.create(spec().build())) {
      assertThat(made.exec("echo on").stdout()).isEqualTo("on\n");
    }
    Files.delete(odd.resolve("record"));
    Files.delete(odd);
  }

  @Test
  void hostileTreesAreRemovedWithTheSandbox() throws IOException {
    Path outside = Files.createDirectories(state.resolve("outside"));
    Files.writeString(outside.resolve("kept"), "x");
    Sandbox made = provider.create(spec().build());
    made.exec(
        "ln -s %s link; mkdir -p a/b; chmod 0 a; mkfifo fifo; ln -s / root".formatted(outside));

    assertThat(made.destroy()).isTrue();

    assertThat(outside.resolve("kept")).exists();
  }

  private ProcessIdentity guest(Sandbox sandbox) throws IOException {
    return dev.dunes.guest.SandboxStore.open(settings(), "host")
        .find(sandbox.id())
        .orElseThrow()
        .read()
        .orElseThrow()
        .guest()
        .orElseThrow();
  }

  private static List<Long> processesWith(String cookie) {
    try (Stream<ProcessHandle> all = ProcessHandle.allProcesses()) {
      return all.map(ProcessHandle::pid).filter(pid -> hasCookie(pid, cookie)).toList();
    }
  }

  private static boolean hasCookie(long pid, String cookie) {
    try {
      return Files.readString(
              Path.of("/proc/" + pid + "/environ"), java.nio.charset.StandardCharsets.ISO_8859_1)
          .contains(cookie);
    } catch (IOException e) {
      return false;
    }
  }
}
