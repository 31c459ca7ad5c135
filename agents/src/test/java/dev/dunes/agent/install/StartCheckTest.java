package dev.dunes.agent.install;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StartCheckTest {
  private static final Pin PIN = Tgz.pin("9.9.9", Tgz.program("9.9.9 (Claude Code)").bytes());

  @TempDir Path directory;

  /** Another thread's new process holds what is being written until it runs its own program. */
  @Test
  void aProgramThatIsStillHeldOpenIsWaitedFor() throws Exception {
    Path program = directory.resolve("program");
    Files.write(program, "#!/bin/sh\necho '9.9.9 (Claude Code)'\n".getBytes(UTF_8));
    Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
    CompletableFuture<Void> ended = new CompletableFuture<>();
    Thread checking;
    try (FileChannel held = FileChannel.open(program, StandardOpenOption.WRITE)) {
      assertThat(held.isOpen()).isTrue();
      assertThatThrownBy(() -> new ProcessBuilder(program.toString()).start())
          .isInstanceOf(IOException.class)
          .hasMessageContaining("Text file busy");
      checking = Thread.ofPlatform().start(() -> check(program, ended));
      long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
      while (checking.getState() != Thread.State.TIMED_WAITING && System.nanoTime() < end) {
        Thread.onSpinWait();
      }
      assertThat(ended).isNotDone();
    }
    ended.get(60, TimeUnit.SECONDS);
  }

  private void check(Path program, CompletableFuture<Void> ended) {
    try {
      StartCheck.version().run(PIN, program, directory.resolve("scratch"));
      ended.complete(null);
    } catch (IOException | RuntimeException e) {
      ended.completeExceptionally(e);
    }
  }
}
