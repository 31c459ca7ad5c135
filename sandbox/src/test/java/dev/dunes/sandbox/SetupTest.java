package dev.dunes.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class SetupTest {
  private final RecordingProvider provider = new RecordingProvider();
  private final Sandboxes sandboxes = Fixtures.only("mock", provider);

  @Test
  void setUpCommandsRunInOrder() {
    sandboxes.create(SandboxSpec.builder().setupCommand("echo 1").setupCommand("echo 2").build());
    assertThat(provider.commands)
        .extracting(command -> command.argv().getLast())
        .containsExactly("echo 1", "echo 2");
  }

  @Test
  @DisplayName("L5 a set-up command that fails ends the creation and the sandbox")
  void aFailureDestroys() {
    SandboxSpec spec =
        SandboxSpec.builder().setupCommand("fail 7").setupCommand("echo never").build();
    assertThatThrownBy(() -> sandboxes.create(spec))
        .isInstanceOf(SetupFailedException.class)
        .hasMessage("Setup command failed (exit 7): fail 7: it broke")
        .satisfies(e -> assertThat(((SetupFailedException) e).result().exitCode()).isEqualTo(7));
    assertThat(provider.destroyed).containsExactly("mock-1");
    assertThat(provider.commands).hasSize(1);
  }

  @Test
  @DisplayName("L5 failures can be tolerated")
  void aFailureCanBeTolerated() {
    SandboxSpec spec =
        SandboxSpec.builder()
            .setupCommand("fail 7")
            .setupCommand("echo still")
            .tolerateSetupFailure(true)
            .build();
    assertThat(sandboxes.create(spec).id()).isEqualTo("mock-1");
    assertThat(provider.commands).hasSize(2);
    assertThat(provider.destroyed).isEmpty();
  }

  @Test
  @DisplayName("L5 an exception during set-up leaves no sandbox, tolerated or not")
  void anExceptionDestroys() {
    provider.runs =
        command -> {
          throw new ProviderException("connection lost");
        };
    SandboxSpec spec =
        SandboxSpec.builder().setupCommand("echo").tolerateSetupFailure(true).build();
    assertThatThrownBy(() -> sandboxes.create(spec)).hasMessageContaining("connection lost");
    assertThat(provider.boxes).isEmpty();
  }

  @Test
  @DisplayName("L5 an interruption during set-up leaves no sandbox")
  void anInterruptionDestroys() {
    provider.runs =
        command -> {
          throw new SandboxInterruptedException("testing", new InterruptedException());
        };
    provider.beforeDestroy = id -> assertThat(Thread.currentThread().isInterrupted()).isFalse();
    SandboxSpec spec = SandboxSpec.builder().setupCommand("echo").build();
    assertThatThrownBy(() -> sandboxes.create(spec))
        .isInstanceOf(SandboxInterruptedException.class);
    assertThat(Thread.interrupted()).isTrue();
    assertThat(provider.destroyed).containsExactly("mock-1");
  }

  @Test
  void aFailureToDestroyDoesNotHideTheFailureOfTheSetUp() {
    provider.beforeDestroy =
        id -> {
          throw new ProviderException("cannot destroy");
        };
    SandboxSpec spec = SandboxSpec.builder().setupCommand("fail 1").build();
    assertThatThrownBy(() -> sandboxes.create(spec)).isInstanceOf(SetupFailedException.class);
  }

  @Test
  @DisplayName("L13 the message about a failed set-up command shows no secret")
  void theMessageIsMasked() {
    SandboxSpec spec =
        SandboxSpec.builder().env("API_TOKEN", "fail 9").setupCommand("fail 9").build();
    assertThatThrownBy(() -> sandboxes.create(spec))
        .hasMessage("Setup command failed (exit 9): ***: it broke");
  }

  @Test
  void onlySoManyAreMadeAtTheSameTime() throws Exception {
    Sandboxes narrow =
        Fixtures.only(
            "mock",
            provider,
            ManagerOptions.DEFAULT
                .withMaxConcurrentCreations(1)
                .withCreationWait(Duration.ofMillis(1)));
    CountDownLatch inside = new CountDownLatch(1);
    CountDownLatch done = new CountDownLatch(1);
    provider.beforeCreate =
        spec -> {
          inside.countDown();
          Await.latch(done);
        };
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<Sandbox> first = threads.submit(() -> narrow.create(SandboxSpec.DEFAULT));
      inside.await();
      assertThatThrownBy(() -> narrow.create(SandboxSpec.DEFAULT))
          .isInstanceOf(SandboxQuotaException.class);
      done.countDown();
      assertThat(first.get().id()).isEqualTo("mock-1");
      assertThat(narrow.create(SandboxSpec.DEFAULT).id()).isEqualTo("mock-2");
    }
  }
}
