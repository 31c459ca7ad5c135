package dev.dunes.sandbox.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.ExecResult;
import dev.dunes.sandbox.OutputChunk;
import dev.dunes.sandbox.ProviderException;
import dev.dunes.sandbox.RunningCommand;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxAuthenticationException;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxInterruptedException;
import dev.dunes.sandbox.SandboxNotFoundException;
import dev.dunes.sandbox.SandboxQuotaException;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.spi.SandboxProvider;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The bad days every provider of a vendor must get over: typed errors, nothing left that somebody
 * pays for, nothing done twice. Extend it, and say how the vendor under test is made to fail.
 */
@Timeout(120)
public abstract class VendorFaultsConformance {
  /** What a vendor is asked. */
  public enum Call {
    CREATE,
    DESTROY,
    /** The contents of a file of a megabyte. */
    UPLOAD,
    /** The files of a sandbox are saved. */
    SNAPSHOT,
    /** What was saved is deleted. */
    DELETE_SNAPSHOT
  }

  private Optional<SandboxProvider> opened = Optional.empty();

  protected VendorFaultsConformance() {}

  // ---- the vendor under test ----

  /** Opens the provider with these credentials, or with those that are right. */
  protected abstract SandboxProvider open(Optional<String> key);

  /** What the remedy for wrong credentials names. */
  protected abstract String credentials();

  /** The ids of all sandboxes that somebody pays for. */
  protected abstract List<String> left();

  /** Ends a sandbox as if it had never been. */
  protected abstract void forget(String id);

  /**
   * The next such call is answered with this status of HTTP, or what means the same.
   *
   * @param wait how long the vendor asks to wait
   * @param after whether it is done all the same
   */
  protected abstract void fail(Call call, int status, Optional<Duration> wait, boolean after);

  /** The vendor does not look at the next such call before the latch is open. */
  protected abstract void hold(Call call, CountDownLatch arrived, CountDownLatch release);

  /** Cuts the next output of a command after some of it. */
  protected abstract void cutNextOutput();

  /** Whether output that was cut goes on where it was; else it is an error. */
  protected abstract boolean goesOn();

  /** How many such calls there were. */
  protected abstract long asked(Call call);

  /**
   * How often such a call is made before its failure is told. More than once only where a second
   * one does no harm: what it makes is made once.
   */
  protected int tries(Call call, int status) {
    return 1;
  }

  /** How many sandboxes the vendor has ever been made to make. */
  protected long made() {
    return asked(Call.CREATE);
  }

  /**
   * Why the vendor makes none when nobody waits any more, so that there is nothing to destroy;
   * empty when it does.
   */
  protected Optional<String> nothingComesLate() {
    return Optional.empty();
  }

  /** Waits until the vendor has done what {@link #hold} held back; when it can tell. */
  protected void awaitHeld() throws InterruptedException {}

  /** What was to fail and was not asked. */
  protected abstract List<?> notMet();

  /** Whether the vendor can save the files of a sandbox. */
  protected boolean saves() {
    return true;
  }

  /** The ids of all snapshots that somebody pays for. */
  protected List<String> saved() {
    return List.of();
  }

  /** Ends what a test has made beside its provider, once that is closed. */
  protected void clearAway() {}

  // ---- for tests ----

  private void failEachTime(Call call, int status, boolean after) {
    for (int i = 0; i < tries(call, status); i++) {
      fail(call, status, Optional.empty(), after);
    }
  }

  protected final SandboxProvider provider() {
    return opened.orElseThrow();
  }

  protected static String trace(Throwable thrown) {
    StringWriter trace = new StringWriter();
    thrown.printStackTrace(new PrintWriter(trace));
    return trace.toString();
  }

  /** Waits for something nobody announces. */
  protected static void eventually(String what, BooleanSupplier condition) {
    Suite.eventually(what, condition);
  }

  @BeforeEach
  final void openProvider() {
    opened = Optional.of(open(Optional.empty()));
  }

  @AfterEach
  final void nothingIsLeft() {
    provider().close();
    assertThat(left()).isEmpty();
    assertThat(saved()).isEmpty();
    assertThat(notMet()).as("faults nobody met").isEmpty();
    clearAway();
  }

  // ---- who we are ----

  @Test
  void wrongCredentialsAreSaidAndNeverShown() {
    String key = "wrong-0123456789-abcdef";
    try (SandboxProvider stranger = open(Optional.of(key))) {
      assertThatThrownBy(() -> stranger.create(SandboxSpec.DEFAULT))
          .isInstanceOfSatisfying(
              SandboxAuthenticationException.class,
              thrown -> {
                assertThat(thrown.statusCode().orElseThrow()).isIn(401, 403);
                assertThat(thrown.remedy().orElseThrow()).contains(credentials());
                assertThat(trace(thrown)).doesNotContain(key);
              });
      assertThatThrownBy(stranger::healthCheck).isInstanceOf(SandboxAuthenticationException.class);
    }
  }

  // ---- limits ----

  @Test
  void aShortWaitIsWaitedAndALongOneTold() {
    long before = asked(Call.CREATE);
    fail(Call.CREATE, 429, Optional.of(Duration.ofSeconds(1)), false);
    provider().create(SandboxSpec.DEFAULT).close();
    assertThat(asked(Call.CREATE) - before).isEqualTo(2);

    fail(Call.CREATE, 429, Optional.of(Duration.ofMinutes(15)), false);
    assertThatThrownBy(() -> provider().create(SandboxSpec.DEFAULT))
        .isInstanceOfSatisfying(
            SandboxQuotaException.class,
            thrown -> assertThat(thrown.retryAfter()).contains(Duration.ofMinutes(15)));
    assertThat(asked(Call.CREATE) - before).isEqualTo(3);
  }

  @Test
  void aQuotaWithoutATimeToWaitIsTold() {
    long before = asked(Call.CREATE);
    failEachTime(Call.CREATE, 429, false);

    assertThatThrownBy(() -> provider().create(SandboxSpec.DEFAULT))
        .isInstanceOfSatisfying(
            SandboxQuotaException.class, thrown -> assertThat(thrown.remedy()).isPresent());
    assertThat(asked(Call.CREATE) - before).isEqualTo(tries(Call.CREATE, 429));
  }

  // ---- while one is made ----

  @ParameterizedTest
  @ValueSource(ints = {500, 502, 504})
  void oneThatWasMadeAlthoughTheAnswerFailedIsDestroyed(int status) {
    long before = made();
    failEachTime(Call.CREATE, status, true);

    assertThatThrownBy(() -> provider().create(SandboxSpec.DEFAULT))
        .isInstanceOfSatisfying(
            SandboxException.class, thrown -> assertThat(thrown.statusCode()).hasValue(status));
    assertThat(made() - before).as("never made twice").isEqualTo(1);
    assertThat(left()).isEmpty();
  }

  @Test
  void aSlowVendorIsWaitedFor() throws Exception {
    CountDownLatch arrived = new CountDownLatch(1);
    CountDownLatch release = new CountDownLatch(1);
    hold(Call.CREATE, arrived, release);
    FutureTask<String> making =
        new FutureTask<>(() -> {
          try (Sandbox sandbox = provider().create(SandboxSpec.DEFAULT)) {
            return sandbox.exec("echo slowly").stdout();
          }
        });
    Thread.ofVirtual().start(making);
    assertThat(arrived.await(60, TimeUnit.SECONDS)).isTrue();
    assertThat(making.isDone()).isFalse();

    release.countDown();

    assertThat(making.get(60, TimeUnit.SECONDS)).isEqualTo("slowly\n");
  }

  /** A slow vendor may make it when whoever asked has gone. */
  @Test
  void oneThatIsMadeWhenNobodyWaitsAnyMoreIsDestroyed() throws Exception {
    CountDownLatch arrived = new CountDownLatch(1);
    CountDownLatch release = new CountDownLatch(1);
    hold(Call.CREATE, arrived, release);
    FutureTask<Throwable> making =
        new FutureTask<>(() ->
            catchThrowableOfType(Throwable.class, () -> provider().create(SandboxSpec.DEFAULT)));
    Thread thread = Thread.ofVirtual().start(making);
    assertThat(arrived.await(60, TimeUnit.SECONDS)).isTrue();
    thread.interrupt();
    assertThat(making.get(60, TimeUnit.SECONDS)).isInstanceOf(SandboxInterruptedException.class);
    assertThat(left()).isEmpty();

    long before = asked(Call.DESTROY);

    release.countDown();

    awaitHeld();
    if (nothingComesLate().isEmpty()) {
      Suite.eventually("it is destroyed", () -> asked(Call.DESTROY) > before);
    }
    Suite.eventually("none is left", () -> left().isEmpty());
  }

  @Test
  void oneThatCannotBeDestroyedNowIsWhenItsProviderIsClosed() {
    Sandbox sandbox = provider().create(SandboxSpec.DEFAULT);
    fail(Call.DESTROY, 400, Optional.empty(), false);
    assertThatThrownBy(sandbox::close).isInstanceOf(SandboxException.class);
    assertThat(left()).hasSize(1);

    provider().close();

    assertThat(left()).isEmpty();
  }

  // ---- while a command runs ----

  @Test
  void outputThatIsCutGoesOnOrIsAnErrorAndNeverAnEnd() {
    try (Sandbox sandbox = provider().create(SandboxSpec.DEFAULT)) {
      cutNextOutput();
      if (goesOn()) {
        ExecResult result = sandbox.exec("seq 1 50000; echo err >&2; exit 7");

        assertThat(result.exitCode()).isEqualTo(7);
        assertThat(result.stdout().lines()).hasSize(50_000).startsWith("1").endsWith("50000");
        assertThat(result.stderr()).isEqualTo("err\n");
      } else {
        assertThatThrownBy(() -> sandbox.exec("seq 1 50000"))
            .isInstanceOf(ProviderException.class)
            .hasMessageContaining("can no longer be followed");
      }
      assertThat(sandbox.exec("echo well").stdout()).isEqualTo("well\n");
    }
  }

  @Test
  void aSandboxTheVendorForgetsIsNotFound() {
    Sandbox sandbox = provider().create(SandboxSpec.DEFAULT);
    try (RunningCommand running = sandbox.start(Command.shell("echo up; sleep 1000"))) {
      assertThat(running.take().map(OutputChunk::text)).contains("up\n");
      forget(sandbox.id());

      assertThatThrownBy(running::waitFor).isInstanceOf(SandboxNotFoundException.class);
      assertThatThrownBy(() -> sandbox.exec("true")).isInstanceOf(SandboxNotFoundException.class);
      assertThat(sandbox.destroy()).isFalse();
    }
  }

  // ---- files ----

  @ParameterizedTest
  @ValueSource(ints = {429, 500, 503})
  void anUploadThatBreaksLeavesWhatWasThere(int status) {
    try (Sandbox sandbox = provider().create(SandboxSpec.DEFAULT)) {
      sandbox.files().write("up/file", "old");
      failEachTime(Call.UPLOAD, status, false);

      assertThatThrownBy(() -> sandbox.files().write("up/file", new byte[1 << 20]))
          .isInstanceOf(SandboxException.class);
      assertThat(sandbox.files().readText("up/file")).isEqualTo("old");
      assertThat(sandbox.files().list("up")).hasSize(1);
    }
  }

  // ---- while files are saved ----

  private void needsSnapshots() {
    assumeTrue(saves(), "this vendor saves no files");
  }

  @ParameterizedTest
  @ValueSource(ints = {500, 502, 504})
  void aSnapshotThatWasMadeAlthoughTheAnswerFailedIsDeleted(int status) {
    needsSnapshots();
    try (Sandbox sandbox = provider().create(SandboxSpec.DEFAULT)) {
      sandbox.files().write("kept", "as it was");
      long before = asked(Call.SNAPSHOT);
      failEachTime(Call.SNAPSHOT, status, true);

      assertThatThrownBy(sandbox::snapshot)
          .isInstanceOfSatisfying(
              SandboxException.class, thrown -> assertThat(thrown.statusCode()).hasValue(status));
      if (tries(Call.SNAPSHOT, status) == 1) {
        assertThat(asked(Call.SNAPSHOT) - before).as("never made twice").isEqualTo(1);
      }
      assertThat(saved()).isEmpty();
      assertThat(sandbox.files().readText("kept")).isEqualTo("as it was");
    }
  }

  @Test
  void aSnapshotThatIsMadeWhenNobodyWaitsAnyMoreIsDeleted() throws Exception {
    needsSnapshots();
    try (Sandbox sandbox = provider().create(SandboxSpec.DEFAULT)) {
      sandbox.files().write("kept", "as it was");
      CountDownLatch arrived = new CountDownLatch(1);
      CountDownLatch release = new CountDownLatch(1);
      hold(Call.SNAPSHOT, arrived, release);
      FutureTask<Throwable> saving =
          new FutureTask<>(() -> catchThrowableOfType(Throwable.class, sandbox::snapshot));
      Thread thread = Thread.ofVirtual().start(saving);
      assertThat(arrived.await(60, TimeUnit.SECONDS)).isTrue();
      thread.interrupt();
      assertThat(saving.get(60, TimeUnit.SECONDS)).isInstanceOf(SandboxInterruptedException.class);
      assertThat(saved()).isEmpty();
      long before = asked(Call.DELETE_SNAPSHOT);

      release.countDown();

      awaitHeld();
      if (nothingComesLate().isEmpty()) {
        Suite.eventually("it is deleted", () -> asked(Call.DELETE_SNAPSHOT) > before);
      }
      Suite.eventually("none is left", () -> saved().isEmpty());
      assertThat(sandbox.files().readText("kept")).isEqualTo("as it was");
    }
  }
}
