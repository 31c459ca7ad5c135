package dev.dunes.provider.vercel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.ProviderException;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.SandboxStateException;
import dev.dunes.sandbox.Snapshot;
import dev.dunes.sandbox.TerminalSize;
import dev.dunes.sandbox.UnsupportedCapabilityException;
import dev.dunes.sandbox.conformance.Shared;
import dev.dunes.sandbox.spi.SandboxProvider;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Snapshots, forks and terminals at Vercel, on good days and bad ones. */
@Timeout(120)
class VercelCopiesTest {
  private static final String SNAPSHOT = "/api/v2/sandboxes/sessions/[^/]+/snapshot";

  @RegisterExtension static final Shared<FakeVercel> FAKE = FakeVercel.shared();

  private SandboxProvider provider;

  @BeforeEach
  void open() {
    provider = new VercelSandboxProviderFactory().open(FAKE.get().settings());
  }

  @AfterEach
  void nothingIsLeft() {
    provider.close();
    assertThat(left()).isEmpty();
    assertThat(saved()).isEmpty();
    assertThat(FAKE.get().faults.left()).as("faults nobody met").isEmpty();
  }

  private SandboxProvider provider() {
    return provider;
  }

  private static void next(String method, String path, int status, boolean after) {
    FAKE.get().faults.next(method, path, status, after);
  }

  private static List<String> left() {
    return List.copyOf(FAKE.get().boxes.keySet());
  }

  private static List<String> saved() {
    return FAKE.get().snapshots.ids();
  }

  @Test
  void aSnapshotOutlivesItsSandboxAndWhatWasSavedByAPauseDoesNot() {
    Sandbox sandbox = provider().create(SandboxSpec.DEFAULT);
    sandbox.files().write("file", "kept");
    sandbox.pause();
    sandbox.resume();
    Snapshot snapshot = sandbox.snapshot();
    assertThat(saved()).hasSize(2).contains(snapshot.id());
    assertThat(FAKE.get().box(sandbox.id()).persistent).isFalse();

    sandbox.close();

    assertThat(saved()).containsExactly(snapshot.id());
    try (Sandbox again = provider().create(SandboxSpec.builder().image(snapshot.image()).build())) {
      assertThat(again.files().readText("file")).isEqualTo("kept");
    }
    assertThat(provider().deleteSnapshot(snapshot.id())).isTrue();
  }

  @Test
  void whatWasSavedByAPauseGoesWithItsSandbox() {
    Sandbox sandbox = provider().create(SandboxSpec.DEFAULT);
    sandbox.pause();
    assertThat(saved()).hasSize(1);

    sandbox.close();

    assertThat(saved()).isEmpty();
  }

  @Test
  void aSandboxIsEndedAlsoWhenNobodySaysWhatWasSavedOfIt() {
    Sandbox sandbox = provider().create(SandboxSpec.DEFAULT);
    for (int i = 0; i < 4; i++) {
      next("GET", "/api/v2/sandboxes/snapshots", 503, false);
    }

    assertThat(sandbox.destroy()).isTrue();
    assertThat(left()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aForkThatFailsLeavesNeitherASnapshotNorASandbox(boolean after) {
    try (Sandbox sandbox = provider().create(SandboxSpec.DEFAULT)) {
      sandbox.files().write("file", "kept");
      next("POST", "/api/v2/sandboxes/[^/]+/fork", 500, after);

      assertThatThrownBy(sandbox::fork).isInstanceOf(ProviderException.class);
      assertThat(left()).containsExactly(sandbox.id());
      assertThat(saved()).isEmpty();
      assertThat(FAKE.get().box(sandbox.id()).persistent).isFalse();
      assertThat(sandbox.files().readText("file")).isEqualTo("kept");
    }
  }

  /** What was saved is all that there is of the sandbox until a machine runs again. */
  @Test
  void oneThatIsNotWokenUpKeepsWhatWasSaved() throws Exception {
    try (Sandbox sandbox = provider().create(SandboxSpec.DEFAULT)) {
      sandbox.files().write("file", "kept");
      next("POST", SNAPSHOT, 500, true);
      CountDownLatch arrived = new CountDownLatch(1);
      CountDownLatch release = new CountDownLatch(1);
      FAKE.get().faults.hold("POST", SNAPSHOT, arrived, release);
      FutureTask<Snapshot> saving = new FutureTask<>(sandbox::snapshot);
      Thread.ofVirtual().start(saving);
      assertThat(arrived.await(60, TimeUnit.SECONDS)).isTrue();
      for (int i = 0; i < 4; i++) {
        next("GET", "/api/v2/sandboxes/" + sandbox.id(), 503, false);
      }
      release.countDown();
      assertThatThrownBy(() -> saving.get(60, TimeUnit.SECONDS))
          .hasCauseInstanceOf(ProviderException.class)
          .satisfies(thrown -> assertThat(thrown.getCause().getSuppressed()).hasSize(1));
      assertThat(saved()).hasSize(1);

      long end = System.nanoTime() + Duration.ofSeconds(60).toNanos();
      while (!saved().isEmpty() && System.nanoTime() - end < 0) {
        TimeUnit.MILLISECONDS.sleep(10);
      }
      assertThat(saved()).isEmpty();
      assertThat(sandbox.files().readText("file")).isEqualTo("kept");
    }
  }

  @Test
  void aSnapshotThatIsRefusedLeavesTheSandboxAsItWas() {
    try (Sandbox sandbox = provider().create(SandboxSpec.DEFAULT)) {
      next("POST", SNAPSHOT, 402, false);
      assertThatThrownBy(sandbox::snapshot).isInstanceOf(ProviderException.class);
      assertThat(FAKE.get().box(sandbox.id()).persistent).isFalse();
      assertThat(sandbox.exec("echo on").stdout()).isEqualTo("on\n");

      sandbox.pause();
      assertThatThrownBy(sandbox::snapshot).isInstanceOf(SandboxStateException.class);
    }
  }

  // ---- terminals ----

  @Test
  void anImageThatHasNothingThatOpensATerminalIsTold() {
    try (Sandbox sandbox = provider().create(SandboxSpec.DEFAULT)) {
      String bin =
          sandbox
              .exec(
                  "mkdir bin; for p in sh env mktemp mkfifo dd base64 tr sleep rm grep cut printf;"
                      + " do ln -s $(command -v $p || echo /usr/bin/$p) bin/; done; cd bin; pwd")
              .stdout()
              .strip();
      FAKE.get().machine.path = Optional.of(bin);

      assertThatThrownBy(() ->
              sandbox.start(Command.shellBuilder("tty").terminal(TerminalSize.DEFAULT).build()))
          .isInstanceOfSatisfying(
              UnsupportedCapabilityException.class,
              thrown -> assertThat(thrown.remedy().orElseThrow()).contains("python3"));
    } finally {
      FAKE.get().machine.path = Optional.empty();
    }
  }
}
