package dev.dunes.sandbox.conformance;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.OutputChunk;
import dev.dunes.sandbox.RunningCommand;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxState;
import dev.dunes.sandbox.SandboxStateException;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.function.Supplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Stopping everything for a while. */
abstract class PauseTopic extends Topic {
  PauseTopic(Supplier<Suite> suite) {
    super(suite);
  }

  @BeforeEach
  void needsPausing() {
    needs(Feature.PAUSE);
  }

  @Test
  void processesStandStillAndGoOn() throws IOException {
    try (Sandbox made = suite().create();
        RunningCommand running =
            made.start(
                Command.shellBuilder("echo up; while read x; do echo $x; done")
                    .openStdin()
                    .build())) {
      assertThat(running.take().map(OutputChunk::text)).contains("up\n");

      made.pause();
      made.pause();
      assertThat(made.state()).isEqualTo(SandboxState.STOPPED);
      running.stdin().write("asked while paused\n".getBytes(UTF_8));
      running.stdin().flush();
      assertThat(running.waitFor(Duration.ofMillis(200))).isEmpty();

      made.resume();
      made.resume();
      assertThat(made.state()).isEqualTo(SandboxState.RUNNING);
      assertThat(running.take().map(OutputChunk::text)).contains("asked while paused\n");
      running.stdin().close();
      assertThat(running.waitFor().exitCode()).isZero();
    }
  }

  @Test
  void whilePausedOnlyResumingLookingAndDestroyingWork() {
    Sandbox made = suite().create();
    made.pause();

    assertThatThrownBy(() -> made.exec("true")).isInstanceOf(SandboxStateException.class);
    assertThatThrownBy(() -> made.files().list(".")).isInstanceOf(SandboxStateException.class);
    assertThat(made.info().state()).isEqualTo(SandboxState.STOPPED);
    assertThat(suite().provider().get(made.id()).orElseThrow().state())
        .isEqualTo(SandboxState.STOPPED);
    assertThat(made.destroy()).isTrue();
    assertThat(made.state()).isEqualTo(SandboxState.TERMINATED);
  }

  @Test
  void aPausedOneIsNotFoundByLabels() {
    String value = Suite.unique();
    try (Sandbox made = suite().provider().create(suite().spec().label("p", value).build())) {
      made.pause();
      assertThat(suite().provider().find(Map.of("p", value))).isEmpty();
      made.resume();
      assertThat(suite().provider().find(Map.of("p", value))).isPresent();
    }
  }

  @Test
  void anotherHandleCanPauseAndResume() {
    try (Sandbox made = suite().create();
        Sandbox other = suite().provider().get(made.id()).orElseThrow()) {
      other.pause();
      assertThatThrownBy(() -> made.exec("true")).isInstanceOf(SandboxStateException.class);
      made.resume();
      assertThat(other.exec("echo on").stdout()).isEqualTo("on\n");
    }
  }
}
