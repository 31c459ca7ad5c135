package dev.dunes.provider.daytona;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunes.provider.daytona.FakeDaytona.Fault;
import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.ExecResult;
import dev.dunes.sandbox.OutputChunk;
import dev.dunes.sandbox.RunningCommand;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxAuthenticationException;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxNotFoundException;
import dev.dunes.sandbox.SandboxQuotaException;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.SandboxStateException;
import dev.dunes.sandbox.spi.SandboxProvider;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Bad days of Daytona: typed errors, and nothing left that somebody pays for. */
@Timeout(120)
class DaytonaFaultsTest {
  @RegisterExtension static final FakeDaytona.Shared FAKE = new FakeDaytona.Shared();

  private SandboxProvider provider;

  @BeforeEach
  void open() {
    FAKE.get().seen.clear();
    provider = new DaytonaSandboxProviderFactory().open(FAKE.get().settings());
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

  @Test
  void aWrongKeyIsSaidAndNeverShown() {
    String key = "dtn_wrong_0123456789";
    try (SandboxProvider stranger =
        new DaytonaSandboxProviderFactory().open(FakeDaytona.settings(FAKE.get().uri(), key))) {
      assertThatThrownBy(() -> stranger.create(SandboxSpec.DEFAULT))
          .isInstanceOfSatisfying(
              SandboxAuthenticationException.class,
              thrown -> {
                assertThat(thrown.statusCode()).hasValue(401);
                assertThat(thrown.remedy().orElseThrow()).contains("DAYTONA_API_KEY");
                StringWriter trace = new StringWriter();
                thrown.printStackTrace(new PrintWriter(trace));
                assertThat(trace.toString()).doesNotContain(key);
              });
      assertThatThrownBy(stranger::healthCheck).isInstanceOf(SandboxAuthenticationException.class);
    }
  }

  @Test
  void aShortWaitIsWaitedAndALongOneTold() {
    FAKE.get()
        .faults
        .add(new Fault("POST", "/api/sandbox", 429, Map.of("Retry-After-create", "1"), false));
    provider.create(SandboxSpec.DEFAULT).close();

    FAKE.get()
        .faults
        .add(new Fault("POST", "/api/sandbox", 429, Map.of("Retry-After", "900"), false));
    assertThatThrownBy(() -> provider.create(SandboxSpec.DEFAULT))
        .isInstanceOfSatisfying(
            SandboxQuotaException.class,
            thrown -> assertThat(thrown.retryAfter()).contains(Duration.ofMinutes(15)));
    assertThat(FAKE.get().seen.stream().filter("POST /api/sandbox"::equals)).hasSize(3);
  }

  @ParameterizedTest
  @ValueSource(ints = {500, 502, 504})
  void oneThatWasMadeAlthoughTheAnswerFailedIsDestroyed(int status) {
    next("POST", "/api/sandbox", status, true);

    assertThatThrownBy(() -> provider.create(SandboxSpec.DEFAULT))
        .isInstanceOfSatisfying(
            SandboxException.class, thrown -> assertThat(thrown.statusCode()).hasValue(status));
    assertThat(FAKE.get().boxes).isEmpty();
  }

  @Test
  void oneThatIsNeverStartedIsDestroyed() {
    for (int i = 0; i < 4; i++) {
      next("GET", "/api/sandbox/[^/]+", 503, false);
    }

    assertThatThrownBy(() -> provider.create(SandboxSpec.DEFAULT))
        .isInstanceOf(SandboxQuotaException.class);
    assertThat(FAKE.get().boxes).isEmpty();
  }

  /** A shell that sources its commands ends with them, and never says how. */
  @Test
  void exitIsAnExitAndReadingEnds() {
    try (Sandbox sandbox = provider.create(SandboxSpec.DEFAULT)) {
      assertThat(sandbox.exec("exit 4").exitCode()).isEqualTo(4);
      assertThat(sandbox.exec("cat; echo over").stdout()).isEqualTo("over\n");
    }
  }

  @Test
  void outputIsExactAlthoughTheWireIsLines() {
    try (Sandbox sandbox = provider.create(SandboxSpec.DEFAULT)) {
      ExecResult result =
          sandbox.exec("printf '\\000\\001\\001\\001\\002\\002\\002\\377no end'; printf x >&2");

      assertThat(result.stdoutBytes())
          .containsExactly(0, 1, 1, 1, 2, 2, 2, 0xFF, 'n', 'o', ' ', 'e', 'n', 'd');
      assertThat(result.stderr()).isEqualTo("x");
    }
  }

  @Test
  void aLogThatBreaksIsFollowedAgainAndNothingIsMissing() {
    try (Sandbox sandbox = provider.create(SandboxSpec.DEFAULT)) {
      FAKE.get().toolbox().cutNextLogAfter.set(60);

      ExecResult result = sandbox.exec("seq 1 5000; exit 7");

      assertThat(FAKE.get().toolbox().cutNextLogAfter).hasValue(0);
      assertThat(result.exitCode()).isEqualTo(7);
      assertThat(result.stdout().lines()).hasSize(5000).endsWith("5000");
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

  @Test
  void whatIsStoppedKeepsItsFiles() {
    try (Sandbox sandbox = provider.create(SandboxSpec.DEFAULT)) {
      sandbox.files().write("file", "kept");
      sandbox.pause();
      sandbox.pause();
      assertThatThrownBy(() -> sandbox.exec("true")).isInstanceOf(SandboxStateException.class);
      sandbox.resume();
      sandbox.resume();
      assertThat(sandbox.files().readText("file")).isEqualTo("kept");
    }
  }

  @Test
  void anUploadThatBreaksLeavesWhatWasThere() {
    try (Sandbox sandbox = provider.create(SandboxSpec.DEFAULT)) {
      sandbox.files().write("file", "old");
      next("POST", "/toolbox/.*/files/bulk-upload", 500, false);

      assertThatThrownBy(() -> sandbox.files().write("file", new byte[1 << 20]))
          .isInstanceOf(SandboxException.class);
      assertThat(sandbox.files().readText("file")).isEqualTo("old");
      assertThat(sandbox.files().list(".")).hasSize(1);
    }
  }
}
