package dev.dunes.provider.daytona;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunes.sandbox.ExecResult;
import dev.dunes.sandbox.ProviderException;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxInterruptedException;
import dev.dunes.sandbox.SandboxQuotaException;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.SandboxStateException;
import dev.dunes.sandbox.conformance.FakedVendorFaults;
import dev.dunes.sandbox.conformance.Faults;
import dev.dunes.sandbox.conformance.Shared;
import dev.dunes.sandbox.spi.SandboxProvider;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Bad days of Daytona: typed errors, and nothing left that somebody pays for. */
@Timeout(120)
class DaytonaFaultsTest extends FakedVendorFaults {
  @RegisterExtension static final Shared<FakeDaytona> FAKE = FakeDaytona.shared();

  @Override
  protected SandboxProvider open(Optional<String> key) {
    return new DaytonaSandboxProviderFactory()
        .open(FakeDaytona.settings(FAKE.get().uri(), key.orElse(FakeDaytona.KEY)));
  }

  @Override
  protected String credentials() {
    return "DAYTONA_API_KEY";
  }

  @Override
  protected List<String> left() {
    return List.copyOf(FAKE.get().boxes.keySet());
  }

  @Override
  protected List<String> saved() {
    return List.copyOf(FAKE.get().snapshots.keySet());
  }

  @Override
  protected void forget(String id) {
    FAKE.get().forget(id);
  }

  @Override
  protected Faults faults() {
    return FAKE.get().faults;
  }

  @Override
  protected Request request(Call call) {
    return switch (call) {
      case CREATE -> new Request("POST", "/api/sandbox");
      case DESTROY -> new Request("DELETE", "/api/sandbox/[^/]+");
      case SNAPSHOT -> new Request("POST", "/api/sandbox/[^/]+/snapshot");
      case DELETE_SNAPSHOT -> new Request("DELETE", "/api/snapshots/[^/]+");
      case UPLOAD -> new Request("POST", "/toolbox/.*/files/bulk-upload");
    };
  }

  /** One limit of several; the header says which. */
  @Override
  protected Map<String, String> retryHeaders(Duration wait) {
    return Map.of("Retry-After-create", Long.toString(wait.toSeconds()));
  }

  @Override
  protected void cutNextOutput() {
    FAKE.get().toolbox().cutNextLogAfter.set(60);
  }

  @Override
  protected boolean goesOn() {
    return true;
  }

  /** A copy gets its labels only when it is there; until then it has its name. */
  @Test
  void aCopyThatIsMadeWhenNobodyWaitsAnyMoreIsDestroyed() throws Exception {
    CountDownLatch arrived = new CountDownLatch(1);
    CountDownLatch release = new CountDownLatch(1);
    try (Sandbox sandbox = provider().create(SandboxSpec.DEFAULT)) {
      FAKE.get().faults.hold("POST", "/api/sandbox/[^/]+/fork", arrived, release);
      FutureTask<Sandbox> copying = new FutureTask<>(() -> sandbox.forking().orElseThrow().fork());
      Thread thread = Thread.ofVirtual().start(copying);
      assertThat(arrived.await(60, TimeUnit.SECONDS)).isTrue();
      thread.interrupt();
      assertThatThrownBy(() -> copying.get(60, TimeUnit.SECONDS))
          .hasCauseInstanceOf(SandboxInterruptedException.class);

      long before = asked(Call.DESTROY);
      release.countDown();

      eventually("it is destroyed", () -> asked(Call.DESTROY) > before && left().size() == 1);
    }
  }

  @Test
  void oneThatIsNeverStartedIsDestroyed() {
    for (int i = 0; i < 4; i++) {
      FAKE.get().faults.next("GET", "/api/sandbox/[^/]+", 503, false);
    }

    assertThatThrownBy(() -> provider().create(SandboxSpec.DEFAULT))
        .isInstanceOf(SandboxQuotaException.class);
    assertThat(FAKE.get().boxes).isEmpty();
  }

  /** The key would go there. */
  @ParameterizedTest
  @ValueSource(strings = {"", "ftp://elsewhere", "http://[", "//elsewhere"})
  void oneThatIsReachedNobodyKnowsWhereIsDestroyed(String address) {
    FAKE.get().proxy = Optional.of(address);
    try {
      assertThatThrownBy(() -> provider().create(SandboxSpec.DEFAULT))
          .isInstanceOf(ProviderException.class)
          .hasMessageContaining("not https");
    } finally {
      FAKE.get().proxy = Optional.empty();
    }
    assertThat(FAKE.get().boxes).isEmpty();
  }

  /** A shell that sources its commands ends with them, and never says how. */
  @Test
  void exitIsAnExitAndReadingEnds() {
    try (Sandbox sandbox = provider().create(SandboxSpec.DEFAULT)) {
      assertThat(sandbox.exec("exit 4").exitCode()).isEqualTo(4);
      assertThat(sandbox.exec("cat; echo over").stdout()).isEqualTo("over\n");
    }
  }

  @Test
  void outputIsExactAlthoughTheWireIsLines() {
    try (Sandbox sandbox = provider().create(SandboxSpec.DEFAULT)) {
      ExecResult result =
          sandbox.exec("printf '\\000\\001\\001\\001\\002\\002\\002\\377no end'; printf x >&2");

      assertThat(result.stdoutBytes())
          .containsExactly(0, 1, 1, 1, 2, 2, 2, 0xFF, 'n', 'o', ' ', 'e', 'n', 'd');
      assertThat(result.stderr()).isEqualTo("x");
    }
  }

  @Test
  void whatIsStoppedKeepsItsFiles() {
    try (Sandbox sandbox = provider().create(SandboxSpec.DEFAULT)) {
      sandbox.files().write("file", "kept");
      sandbox.pause();
      sandbox.pause();
      assertThatThrownBy(() -> sandbox.exec("true")).isInstanceOf(SandboxStateException.class);
      sandbox.resume();
      sandbox.resume();
      assertThat(sandbox.files().readText("file")).isEqualTo("kept");
    }
  }
}
