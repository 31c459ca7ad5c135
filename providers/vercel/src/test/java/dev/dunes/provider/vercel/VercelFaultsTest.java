package dev.dunes.provider.vercel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunes.provider.vercel.FakeVercel.Fault;
import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.ExecResult;
import dev.dunes.sandbox.InvalidRequestException;
import dev.dunes.sandbox.NetworkMode;
import dev.dunes.sandbox.OutputChunk;
import dev.dunes.sandbox.RunningCommand;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxAuthenticationException;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxInfo;
import dev.dunes.sandbox.SandboxNotFoundException;
import dev.dunes.sandbox.SandboxQuotaException;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.SandboxState;
import dev.dunes.sandbox.SandboxStateException;
import dev.dunes.sandbox.UnsupportedCapabilityException;
import dev.dunes.sandbox.spi.SandboxProvider;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Bad days of Vercel: typed errors, and nothing left that somebody pays for. */
@Timeout(120)
class VercelFaultsTest {
  private static final String MAKE = "/api/v3/sandboxes";
  private static final String CMD = "/api/v2/sandboxes/sessions/[^/]+/cmd";

  @RegisterExtension static final FakeVercel.Shared FAKE = new FakeVercel.Shared();

  private SandboxProvider provider;

  @BeforeEach
  void open() {
    FAKE.get().seen.clear();
    provider = new VercelSandboxProviderFactory().open(FAKE.get().settings());
  }

  @AfterEach
  void nothingIsLeft() {
    provider.close();
    assertThat(FAKE.get().boxes).isEmpty();
    assertThat(FAKE.get().faults).isEmpty();
  }

  private static void next(String method, String path, int status, boolean after) {
    FAKE.get().faults.add(new Fault(method, path, status, Map.of(), after));
  }

  private static long asked(String request) {
    return FAKE.get().seen.stream().filter(each -> each.matches(request)).count();
  }

  @Test
  void aWrongTokenIsSaidAndNeverShown() {
    String token = "vcl_wrong_0123456789";
    try (SandboxProvider stranger =
        new VercelSandboxProviderFactory().open(FakeVercel.settings(FAKE.get().uri(), token))) {
      assertThatThrownBy(() -> stranger.create(SandboxSpec.DEFAULT))
          .isInstanceOfSatisfying(
              SandboxAuthenticationException.class,
              thrown -> {
                assertThat(thrown.statusCode()).hasValue(403);
                assertThat(thrown.remedy().orElseThrow()).contains("VERCEL_TOKEN");
                StringWriter trace = new StringWriter();
                thrown.printStackTrace(new PrintWriter(trace));
                assertThat(trace.toString()).contains("forbidden").doesNotContain(token);
              });
      assertThatThrownBy(stranger::healthCheck).isInstanceOf(SandboxAuthenticationException.class);
    }
  }

  @Test
  void aShortWaitIsWaitedAndALongOneTold() {
    FAKE.get().faults.add(new Fault("POST", MAKE, 429, Map.of("Retry-After", "1"), false));
    provider.create(SandboxSpec.DEFAULT).close();
    assertThat(asked("POST " + MAKE)).isEqualTo(2);

    FAKE.get().faults.add(new Fault("POST", MAKE, 429, Map.of("Retry-After", "900"), false));
    assertThatThrownBy(() -> provider.create(SandboxSpec.DEFAULT))
        .isInstanceOfSatisfying(
            SandboxQuotaException.class,
            thrown -> assertThat(thrown.retryAfter()).contains(Duration.ofMinutes(15)));
    assertThat(asked("POST " + MAKE)).isEqualTo(3);
  }

  @ParameterizedTest
  @ValueSource(ints = {500, 502, 504})
  void oneThatWasMadeAlthoughTheAnswerFailedIsDestroyed(int status) {
    next("POST", MAKE, status, true);

    assertThatThrownBy(() -> provider.create(SandboxSpec.DEFAULT))
        .isInstanceOfSatisfying(
            SandboxException.class, thrown -> assertThat(thrown.statusCode()).hasValue(status));
    assertThat(asked("POST " + MAKE)).isEqualTo(1);
    assertThat(FAKE.get().boxes).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "node24,/api/v2/sandboxes,runtime",
    "python3.13,/api/v2/sandboxes,runtime",
    "universal,/api/v3/sandboxes,image",
    "python:3.14,/api/v3/sandboxes,image"
  })
  void anImageIsARuntimeOrAnImageThere(String image, String path, String field) {
    try (Sandbox sandbox = provider.create(SandboxSpec.builder().image(image).build())) {
      FakeVercel.Box box = FAKE.get().box(sandbox.id());
      assertThat(box.path).isEqualTo(path);
      assertThat(box.asked.path(field).asString()).isEqualTo(image);
    }
  }

  @Test
  void sizesAndTheNetworkArePassedOnAndTheRestIsRefused() {
    SandboxSpec spec =
        SandboxSpec.builder()
            .memoryMb(5000)
            .cpuCores(2)
            .network(NetworkMode.NONE)
            .lifetime(Duration.ofSeconds(90))
            .build();
    try (Sandbox sandbox = provider.create(spec)) {
      FakeVercel.Box box = FAKE.get().box(sandbox.id());
      assertThat(box.asked.path("resources").path("vcpus").asInt()).isEqualTo(3);
      assertThat(box.asked.path("networkPolicy").path("mode").asString()).isEqualTo("deny-all");
      assertThat(box.asked.path("timeout").asLong()).isEqualTo(90_000);
      assertThat(box.asked.path("persistent").asBoolean(true)).isFalse();
    }
    FAKE.get().seen.clear();
    assertThatThrownBy(() -> provider.create(SandboxSpec.builder().diskMb(9).build()))
        .isInstanceOf(UnsupportedCapabilityException.class);
    assertThatThrownBy(() -> provider.create(SandboxSpec.builder().maxProcesses(9).build()))
        .isInstanceOf(UnsupportedCapabilityException.class);
    assertThat(FAKE.get().seen).isEmpty();
  }

  @Test
  void fourLabelsFitAndAFifthIsRefusedByNumber() {
    SandboxSpec four =
        SandboxSpec.builder()
            .label("a", "1")
            .label("b", "2")
            .label("c", "3:4")
            .label("d", "é")
            .build();
    try (Sandbox sandbox = provider.create(four)) {
      assertThat(provider.get(sandbox.id()).orElseThrow().labels()).isEqualTo(four.labels());
      assertThat(provider.list(Map.of("c", "3:4", "d", "é"))).hasSize(1);
      assertThat(provider.list(Map.of("c", "3"))).isEmpty();
    }
    FAKE.get().seen.clear();
    assertThatThrownBy(() -> provider.create(four.toBuilder().label("e", "5").build()))
        .isInstanceOf(UnsupportedCapabilityException.class)
        .hasMessageContaining("labels");
    assertThatThrownBy(() -> provider.create(SandboxSpec.builder().label("dunes", "x").build()))
        .isInstanceOf(InvalidRequestException.class);
    String far = "/" + "d".repeat(300);
    assertThatThrownBy(() -> provider.create(SandboxSpec.builder().workingDir(far).build()))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("workingDir");
    assertThat(FAKE.get().seen).isEmpty();
  }

  @Test
  void outputIsExactAlthoughTheWireIsText() {
    try (Sandbox sandbox = provider.create(SandboxSpec.DEFAULT)) {
      ExecResult result = sandbox.exec("printf '\\000\\377\\376no end'; printf x >&2; exit 4");

      assertThat(result.stdoutBytes()).containsExactly(0, 0xFF, 0xFE, 'n', 'o', ' ', 'e', 'n', 'd');
      assertThat(result.stderr()).isEqualTo("x");
      assertThat(result.exitCode()).isEqualTo(4);
    }
  }

  @Test
  void aStreamThatBreaksIsFollowedAgainAndNothingIsMissing() {
    try (Sandbox sandbox = provider.create(SandboxSpec.DEFAULT)) {
      FAKE.get().seen.clear();
      FAKE.get().machine.cutNextAfter.set(4);

      ExecResult result = sandbox.exec("seq 1 50000; echo err >&2; exit 7");

      assertThat(FAKE.get().machine.cutNextAfter).hasValue(0);
      assertThat(asked("POST " + CMD)).isEqualTo(1);
      assertThat(asked("GET " + CMD + "/[^/]+/logs")).isEqualTo(1);
      assertThat(result.exitCode()).isEqualTo(7);
      assertThat(result.stdout().lines()).hasSize(50_000).endsWith("50000");
      assertThat(result.stderr()).isEqualTo("err\n");
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {429, 500, 503})
  void aCommandIsNeverAskedForTwice(int status) {
    try (Sandbox sandbox = provider.create(SandboxSpec.DEFAULT)) {
      FAKE.get().seen.clear();
      FAKE.get().faults.add(new Fault("POST", CMD, status, Map.of("Retry-After", "1"), false));

      assertThatThrownBy(() -> sandbox.exec("true")).isInstanceOf(SandboxException.class);
      assertThat(asked("POST " + CMD)).isEqualTo(1);
      assertThat(sandbox.exec("echo well").stdout()).isEqualTo("well\n");
    }
  }

  @Test
  void aSandboxTheVendorForgetsIsNotFound() {
    Sandbox sandbox = provider.create(SandboxSpec.DEFAULT);
    try (RunningCommand running = sandbox.start(Command.shell("echo up; sleep 1000"))) {
      assertThat(running.take().map(OutputChunk::text)).contains("up\n");
      assertThat(provider.destroy(sandbox.id())).isTrue();

      assertThatThrownBy(running::waitFor).isInstanceOf(SandboxNotFoundException.class);
      assertThatThrownBy(() -> sandbox.exec("true")).isInstanceOf(SandboxNotFoundException.class);
      assertThat(sandbox.destroy()).isFalse();
    }
  }

  /** It keeps nothing, so what is left of it is nothing to wake up. */
  @Test
  void oneTheVendorStoppedIsGoneAndNothingOfItStays() {
    try (Sandbox sandbox = provider.create(SandboxSpec.DEFAULT)) {
      FakeVercel.stop(FAKE.get().box(sandbox.id()));

      assertThatThrownBy(() -> sandbox.exec("true")).isInstanceOf(SandboxNotFoundException.class);
      assertThat(sandbox.state()).isEqualTo(SandboxState.TERMINATED);
      assertThat(FAKE.get().boxes).isEmpty();
    }
  }

  @Test
  void whatIsPausedKeepsItsFilesAndOnlyThen() {
    try (Sandbox sandbox = provider.create(SandboxSpec.DEFAULT)) {
      FakeVercel.Box box = FAKE.get().box(sandbox.id());
      sandbox.files().write("/tmp/file", "kept");
      sandbox.pause();
      sandbox.pause();
      assertThat(box.persistent).isTrue();
      assertThat(sandbox.state()).isEqualTo(SandboxState.STOPPED);
      assertThatThrownBy(() -> sandbox.exec("true")).isInstanceOf(SandboxStateException.class);
      try (Sandbox other = provider.get(sandbox.id()).orElseThrow()) {
        sandbox.resume();
        sandbox.resume();
        assertThat(box.persistent).isFalse();
        assertThat(other.files().readText("/tmp/file")).isEqualTo("kept");
      }
      assertThat(sandbox.files().readText("/tmp/file")).isEqualTo("kept");
    }
  }

  /** Its own client would wake it up, too. */
  @Test
  void oneOfSomebodyElseIsWokenUp() {
    FakeVercel.Box foreign = FAKE.get().foreign("somebodys", Map.of("k", "v", "odd name", "x"));
    try {
      assertThat(provider.list(Map.of("k", "v")))
          .extracting(SandboxInfo::id)
          .containsExactly("somebodys");
      Sandbox sandbox = provider.get("somebodys").orElseThrow();
      FakeVercel.stop(foreign);

      assertThat(sandbox.exec("echo hi").stdout()).isEqualTo("hi\n");
      sandbox.close();
      foreign.persistent = false;
      foreign.status = "stopped";
      assertThat(provider.list(Map.of())).isEmpty();
      assertThat(FAKE.get().boxes).containsKey("somebodys");
    } finally {
      assertThat(provider.destroy("somebodys")).isTrue();
    }
  }

  @Test
  void aLongerTimeIsAskedForAndAShorterOneIsKept() throws InterruptedException {
    try (Sandbox sandbox = provider.create(SandboxSpec.DEFAULT)) {
      FakeVercel.Box box = FAKE.get().box(sandbox.id());
      sandbox.renew(Duration.ofHours(1));
      assertThat(Instant.ofEpochMilli(box.startedAt + box.timeout))
          .isAfterOrEqualTo(sandbox.deadline().orElseThrow());

      sandbox.renew(Duration.ofSeconds(1));
      long end = System.nanoTime() + Duration.ofSeconds(60).toNanos();
      while (!FAKE.get().boxes.isEmpty() && System.nanoTime() - end < 0) {
        TimeUnit.MILLISECONDS.sleep(10);
      }
      assertThat(FAKE.get().boxes).isEmpty();
    }
  }

  @Test
  void anUploadThatBreaksLeavesWhatWasThere() {
    try (Sandbox sandbox = provider.create(SandboxSpec.DEFAULT)) {
      sandbox.files().write("/tmp/up/file", "old");
      next("POST", "/api/v2/sandboxes/sessions/[^/]+/fs/write", 500, false);

      assertThatThrownBy(() -> sandbox.files().write("/tmp/up/file", new byte[1 << 20]))
          .isInstanceOf(SandboxException.class);
      assertThat(sandbox.files().readText("/tmp/up/file")).isEqualTo("old");
      assertThat(sandbox.files().list("/tmp/up")).hasSize(1);
    }
  }
}
