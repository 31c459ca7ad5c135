package dev.dunes.provider.modal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunes.provider.modal.FakeFaults.Fault;
import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.ExecResult;
import dev.dunes.sandbox.OutputChunk;
import dev.dunes.sandbox.ProviderException;
import dev.dunes.sandbox.RunningCommand;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxAuthenticationException;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxInterruptedException;
import dev.dunes.sandbox.SandboxQuotaException;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.SandboxStateException;
import dev.dunes.sandbox.SandboxTimeoutException;
import dev.dunes.sandbox.conformance.Shared;
import dev.dunes.sandbox.conformance.VendorFaultsConformance;
import dev.dunes.sandbox.spi.ProviderSettings;
import dev.dunes.sandbox.spi.SandboxProvider;
import io.grpc.Metadata;
import io.grpc.Status;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Bad days of Modal: typed errors, and nothing left that somebody pays for. */
@Timeout(120)
class ModalFaultsTest extends VendorFaultsConformance {
  @RegisterExtension static final Shared<FakeModal> FAKE = FakeModal.shared();

  private CountDownLatch served = new CountDownLatch(0);

  @BeforeEach
  void forgetSeen() {
    FAKE.get().faults.seen.clear();
  }

  @Override
  protected SandboxProvider open(Optional<String> key) {
    return new ModalSandboxProviderFactory()
        .open(FAKE.get().settings("modal_token_secret", key.orElse(FakeModal.TOKEN_SECRET)));
  }

  @Override
  protected String credentials() {
    return "MODAL_TOKEN_ID";
  }

  @Override
  protected List<String> left() {
    return FAKE.get().running().stream().map(box -> box.id).toList();
  }

  @Override
  protected List<String> saved() {
    return FAKE.get().images.snapshots();
  }

  @Override
  protected void forget(String id) {
    FAKE.get().boxes.remove(id).end(3);
  }

  private static String method(Call call) {
    return switch (call) {
      case CREATE -> "SandboxCreateV2";
      case DESTROY -> "SandboxTerminateV2";
      case SNAPSHOT -> "TaskSnapshotFilesystem";
      case DELETE_SNAPSHOT -> "ImageDelete";
      case UPLOAD -> "TaskExecStdinWriteStream";
    };
  }

  /** By the codes of gRPC that mean the same; an upload goes on after any but these two. */
  private static Status.Code code(Call call, int status) {
    return switch (status) {
      case 400 -> Status.Code.INVALID_ARGUMENT;
      case 429, 503 -> Status.Code.RESOURCE_EXHAUSTED;
      case 500 -> call == Call.UPLOAD ? Status.Code.DATA_LOSS : Status.Code.INTERNAL;
      case 502 -> Status.Code.UNAVAILABLE;
      case 504 -> Status.Code.DEADLINE_EXCEEDED;
      default -> throw new IllegalArgumentException("no code for " + status);
    };
  }

  @Override
  protected void fail(Call call, int status, Optional<Duration> wait, boolean after) {
    if (wait.isPresent()) {
      asks(method(call), wait.get().toSeconds());
    } else {
      next(method(call), code(call, status), after);
    }
  }

  /** Each try of a making has the same key, by which the vendor makes one. */
  @Override
  protected int tries(Call call, int status) {
    return switch (call) {
      case CREATE -> status == 429 ? 1 : 4;
      case SNAPSHOT -> status == 504 ? 2 : 11;
      case DESTROY, DELETE_SNAPSHOT, UPLOAD -> 1;
    };
  }

  @Override
  protected long made() {
    return FAKE.get().boxes.size();
  }

  @Override
  protected void hold(Call call, CountDownLatch arrived, CountDownLatch release) {
    served = FAKE.get().faults.hold(method(call), arrived, release);
  }

  @Override
  protected Optional<String> nothingComesLate() {
    return Optional.of("it is asked again with the same key, which makes it then and there");
  }

  @Override
  protected void awaitHeld() throws InterruptedException {
    assertThat(served.await(60, TimeUnit.SECONDS)).isTrue();
  }

  @Override
  protected void cutNextOutput() {
    FAKE.get().router().cutNextReadAfter.set(5000);
  }

  @Override
  protected boolean goesOn() {
    return true;
  }

  @Override
  protected long asked(Call call) {
    return seen(method(call));
  }

  @Override
  protected List<?> notMet() {
    return FAKE.get().faults.left();
  }

  private static void next(String method, Status.Code code, boolean after) {
    Status status = code.toStatus().withDescription("no, says the vendor");
    FAKE.get().faults.next(new Fault(method, status, new Metadata(), after));
  }

  /** A refusal that asks to come again. */
  private static void asks(String method, float seconds) {
    WireFields policy = new WireFields().floating(1, seconds);
    WireFields any =
        new WireFields()
            .text(1, "type.googleapis.com/modal.client.RPCRetryPolicy")
            .bytes(2, policy.toBytes());
    Metadata trailers = new Metadata();
    trailers.put(
        Metadata.Key.of("grpc-status-details-bin", Metadata.BINARY_BYTE_MARSHALLER),
        new WireFields().number(1, 8).message(3, any).toBytes());
    FAKE.get().faults.next(new Fault(method, Status.RESOURCE_EXHAUSTED, trailers, false));
  }

  private static long seen(String method) {
    return FAKE.get().faults.seen.stream().filter(method::equals).count();
  }

  // ---- who we are ----

  @Test
  void aSecretThatTheVendorRepeatsIsNotShown() {
    String secret = "as-wrong-0123456789";
    try (SandboxProvider stranger = open(Optional.of(secret))) {
      assertThatThrownBy(() -> stranger.create(SandboxSpec.DEFAULT))
          .isInstanceOf(SandboxAuthenticationException.class)
          .satisfies(
              thrown -> assertThat(trace(thrown)).contains("malformed").doesNotContain(secret));
    }
  }

  @Test
  void aTokenThatIsNotTakenAnyMoreIsReplacedOnce() {
    provider().list(Map.of());
    FAKE.get().tokens.clear();
    provider().list(Map.of());
    assertThat(seen("AuthTokenGet")).isEqualTo(2);

    for (int i = 0; i < 2; i++) {
      next("SandboxListV2", Status.Code.UNAUTHENTICATED, false);
    }
    assertThatThrownBy(() -> provider().list(Map.of()))
        .isInstanceOf(SandboxAuthenticationException.class);
  }

  @Test
  void theTokenOfARouterIsReplacedWhileACommandRuns() {
    try (Sandbox sandbox = provider().create(SandboxSpec.DEFAULT);
        RunningCommand running =
            sandbox.start(Command.shellBuilder("read x; echo $x").openStdin().build())) {
      FAKE.get().jwts.clear();
      running.stdin().write("on\n".getBytes(java.nio.charset.StandardCharsets.UTF_8));
      running.stdin().close();
      assertThat(running.take().map(OutputChunk::text)).contains("on\n");
      assertThat(sandbox.exec("echo more").stdout()).isEqualTo("more\n");
    } catch (java.io.IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void whatTheVendorWantsPeopleToKnowIsSaidOnce() {
    Metadata trailers = new Metadata();
    trailers.put(
        ControlPlane.key("x-modal-warning"), "old%20client, upgrade%2C please,old%20client");
    ModalSettings settings = ModalSettings.of(FAKE.get().settings());
    try (ControlPlane control = new ControlPlane(settings)) {
      for (int i = 0; i < 2; i++) {
        FAKE.get().faults.next(new Fault("AuthTokenGet", Status.UNAVAILABLE, trailers, false));
      }
      control.check();
      assertThat(control.warnings()).containsExactlyInAnyOrder("old client", "upgrade, please");
    }
  }

  // ---- tries ----

  @ParameterizedTest
  @EnumSource(
      value = Status.Code.class,
      names = {"UNAVAILABLE", "INTERNAL", "UNKNOWN", "DEADLINE_EXCEEDED", "CANCELLED"})
  void whatPassesIsTriedAgainAndMadeOnce(Status.Code code) {
    int before = FAKE.get().boxes.size();
    next("SandboxCreateV2", code, true);
    next("SandboxCreateV2", code, false);

    provider().create(SandboxSpec.DEFAULT).close();

    assertThat(FAKE.get().boxes).hasSize(before + 1);
    assertThat(seen("SandboxCreateV2")).isEqualTo(3);
  }

  @ParameterizedTest
  @EnumSource(
      value = Status.Code.class,
      names = {"NOT_FOUND", "PERMISSION_DENIED", "FAILED_PRECONDITION"})
  void oneOfTheFirstDialectThatNeverHasATaskIsEnded(Status.Code code) {
    ProviderSettings settings = FAKE.get().settings("modal_sandbox_v2", "0");
    try (SandboxProvider first = new ModalSandboxProviderFactory().open(settings)) {
      next("SandboxGetTaskId", code, false);
      assertThatThrownBy(() -> first.create(SandboxSpec.DEFAULT))
          .isInstanceOf(SandboxException.class);
      assertThat(seen("SandboxTerminate")).isEqualTo(1);
      assertThat(FAKE.get().running()).isEmpty();
    }
  }

  @Test
  void oneThatCannotBeUsedIsEnded() {
    next("TaskExecStart", Status.Code.PERMISSION_DENIED, false);
    assertThatThrownBy(
            () -> provider().create(SandboxSpec.builder().workingDir("/tmp/work").build()))
        .isInstanceOf(SandboxAuthenticationException.class);
    assertThat(FAKE.get().running()).isEmpty();
  }

  @Test
  void whoeverIsInterruptedLeavesNone() throws Exception {
    CountDownLatch never = new CountDownLatch(1);
    FAKE.get().faults.slow = Optional.of(Map.entry("SandboxCreateV2", never));
    try {
      FutureTask<Sandbox> making = new FutureTask<>(() -> provider().create(SandboxSpec.DEFAULT));
      Thread thread = Thread.ofVirtual().start(making);
      while (seen("SandboxCreateV2") == 0) {
        assertThat(making.isDone()).isFalse();
        Thread.onSpinWait();
      }
      FAKE.get().faults.slow = Optional.empty();
      thread.interrupt();
      assertThatThrownBy(() -> making.get(30, TimeUnit.SECONDS))
          .hasCauseInstanceOf(SandboxInterruptedException.class);
    } finally {
      FAKE.get().faults.slow = Optional.empty();
      never.countDown();
    }
  }

  @Test
  void anImageThatCannotBeBuiltIsSaidWithoutSecrets() {
    SandboxSpec spec = SandboxSpec.builder().image("broken:latest").build();
    assertThatThrownBy(() -> provider().create(spec))
        .isInstanceOf(ProviderException.class)
        .hasMessageContaining("no such image")
        .message()
        .doesNotContain(FakeModal.TOKEN_SECRET);
  }

  @Test
  void whatIsNoImageIsRefusedBeforeAnythingIsAsked() {
    SandboxSpec spec = SandboxSpec.builder().image("alpine\nRUN evil").build();
    assertThatThrownBy(() -> provider().create(spec)).hasMessageContaining("image");
    assertThat(FAKE.get().faults.seen).isEmpty();
  }

  @Test
  void oneThatAnotherLooksForIsWaitedFor() {
    CountDownLatch later = new CountDownLatch(1);
    FAKE.get().faults.slow = Optional.of(Map.entry("SandboxGetTaskIdV2", later));
    try (Sandbox made = provider().create(SandboxSpec.DEFAULT);
        SandboxProvider other = new ModalSandboxProviderFactory().open(FAKE.get().settings());
        Sandbox sandbox = other.get(made.id()).orElseThrow();
        RunningCommand running = later(sandbox, later)) {
      assertThat(running.take().map(OutputChunk::text)).contains("late\n");
    } finally {
      FAKE.get().faults.slow = Optional.empty();
    }
  }

  private static RunningCommand later(Sandbox sandbox, CountDownLatch latch) {
    Thread.ofVirtual().start(latch::countDown);
    return sandbox.start(Command.shell("echo late"));
  }

  // ---- streams ----

  @ParameterizedTest
  @ValueSource(ints = {1, 60, 5000})
  void outputThatBreaksGoesOnWhereItWasAndNothingIsMissing(int bytes) {
    try (Sandbox sandbox = provider().create(SandboxSpec.DEFAULT)) {
      FAKE.get().router().cutNextReadAfter.set(bytes);

      ExecResult result = sandbox.exec("seq 1 50000; exit 7");

      assertThat(FAKE.get().router().cutNextReadAfter).hasValue(0);
      assertThat(result.exitCode()).isEqualTo(7);
      assertThat(result.stdout().lines()).hasSize(50_000).startsWith("1", "2").endsWith("50000");
    }
  }

  @Test
  void anEndThatIsNotToldIsAskedForAgain() {
    try (Sandbox sandbox = provider().create(SandboxSpec.DEFAULT)) {
      next("TaskExecWait", Status.Code.UNAVAILABLE, false);
      next("TaskExecWait", Status.Code.DEADLINE_EXCEEDED, false);
      assertThat(sandbox.exec("exit 4").exitCode()).isEqualTo(4);
    }
  }

  @Test
  void aStartIsRepeatedAndDoneOnce() {
    try (Sandbox sandbox = provider().create(SandboxSpec.DEFAULT)) {
      next("TaskExecStart", Status.Code.UNAVAILABLE, true);
      sandbox.exec("echo x >> file");
      assertThat(sandbox.files().readText("file")).isEqualTo("x\n");
    }
  }

  @Test
  void anUploadThatBreaksGoesOnWhereItWas() {
    byte[] contents = new byte[5 << 20];
    new java.util.Random(7).nextBytes(contents);
    try (Sandbox sandbox = provider().create(SandboxSpec.DEFAULT)) {
      FAKE.get().router().cutNextInputAfter.set(1_000_000);
      sandbox.files().write("file", contents);
      assertThat(FAKE.get().router().cutNextInputAfter).hasValue(0);
      assertThat(seen("TaskExecStdinStatus")).isEqualTo(1);

      // everything has arrived, and only that is not told
      next("TaskExecStdinWriteStream", Status.Code.UNAVAILABLE, true);
      sandbox.files().write("second", new byte[100_000]);

      assertThat(sandbox.files().readBytes("file")).isEqualTo(contents);
      assertThat(sandbox.files().stat("second").size()).isEqualTo(100_000);
    }
  }

  /** A time limit that is over without a byte more is not waited for ten times. */
  @Test
  void anUploadThatGetsNowhereIsGivenUp() {
    try (Sandbox sandbox = provider().create(SandboxSpec.DEFAULT)) {
      next("TaskExecStdinWriteStream", Status.Code.DEADLINE_EXCEEDED, false);
      sandbox.files().write("file", new byte[1 << 20]);
      assertThat(sandbox.files().stat("file").size()).isEqualTo(1 << 20);

      for (int i = 0; i < 2; i++) {
        next("TaskExecStdinWriteStream", Status.Code.DEADLINE_EXCEEDED, false);
      }
      assertThatThrownBy(() -> sandbox.files().write("file", new byte[2 << 20]))
          .isInstanceOf(SandboxTimeoutException.class);
      assertThat(sandbox.files().stat("file").size()).isEqualTo(1 << 20);
    }
  }

  @Test
  void aPauseThatFailsLeavesItRunning() {
    try (Sandbox sandbox = provider().create(SandboxSpec.DEFAULT)) {
      next("SandboxTagsSetV2", Status.Code.INVALID_ARGUMENT, false);
      assertThatThrownBy(sandbox::pause).isInstanceOf(ProviderException.class);
      assertThat(sandbox.exec("echo on").stdout()).isEqualTo("on\n");
      assertThat(FAKE.get().images.snapshots()).isEmpty();
    }
  }

  /** Its image is all that is left of it then. */
  @Test
  void aPauseWhoseEndIsNotAnsweredIsOne() {
    try (Sandbox sandbox = provider().create(SandboxSpec.DEFAULT)) {
      sandbox.files().write("file", "kept");
      next("SandboxTerminateV2", Status.Code.UNAVAILABLE, true);
      for (int i = 0; i < 3; i++) {
        next("SandboxTerminateV2", Status.Code.UNAVAILABLE, false);
      }

      sandbox.pause();

      assertThatThrownBy(() -> sandbox.exec("true")).isInstanceOf(SandboxStateException.class);
      sandbox.resume();
      assertThat(sandbox.files().readText("file")).isEqualTo("kept");
    }
  }

  @Test
  void aResumeThatFailsLeavesItPaused() {
    try (Sandbox sandbox = provider().create(SandboxSpec.DEFAULT)) {
      sandbox.files().write("file", "kept");
      sandbox.pause();
      next("SandboxCreateV2", Status.Code.RESOURCE_EXHAUSTED, false);
      assertThatThrownBy(sandbox::resume).isInstanceOf(SandboxQuotaException.class);
      assertThatThrownBy(() -> sandbox.exec("true")).isInstanceOf(SandboxStateException.class);
      sandbox.resume();
      assertThat(sandbox.files().readText("file")).isEqualTo("kept");
    }
  }
}
