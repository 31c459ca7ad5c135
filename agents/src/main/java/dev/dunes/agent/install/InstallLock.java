package dev.dunes.agent.install;

import dev.dunes.agent.InstallProgress;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Lets one installer at a time work on a version: of all threads of this process by a lock in
 * memory, of all processes by a lock on a file, which the kernel lets go when its holder dies.
 */
final class InstallLock implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofMinutes(30);
  private static final Duration LOOK_AGAIN = Duration.ofMillis(200);
  private static final ConcurrentMap<Path, ReentrantLock> HERE = new ConcurrentHashMap<>();

  private final ReentrantLock here;
  private final FileChannel channel;

  private InstallLock(ReentrantLock here, FileChannel channel) {
    this.here = here;
    this.channel = channel;
  }

  static InstallLock take(Path file, String title, InstallProgress progress) throws IOException {
    ReentrantLock here = HERE.computeIfAbsent(file, path -> new ReentrantLock());
    String step = "wait for another installation of " + title;
    long deadline = System.nanoTime() + LIMIT.toNanos();
    try {
      while (!here.tryLock(LOOK_AGAIN.toMillis(), TimeUnit.MILLISECONDS)) {
        waiting(step, deadline, progress);
      }
      return new InstallLock(here, lock(file, step, deadline, progress));
    } catch (InterruptedException e) {
      release(here);
      Thread.currentThread().interrupt();
      throw InstallFailure.of("interrupted: " + step, null, e);
    } catch (IOException | RuntimeException e) {
      release(here);
      throw e;
    }
  }

  private static FileChannel lock(Path file, String step, long deadline, InstallProgress progress)
      throws IOException, InterruptedException {
    FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      @Nullable FileLock lock = channel.tryLock();
      while (lock == null) {
        waiting(step, deadline, progress);
        Thread.sleep(LOOK_AGAIN);
        lock = channel.tryLock();
      }
      return channel;
    } catch (IOException | InterruptedException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  private static void waiting(String step, long deadline, InstallProgress progress) {
    if (System.nanoTime() > deadline) {
      throw InstallFailure.of(
          "%s: it did not end within %d minutes".formatted(step, LIMIT.toMinutes()),
          "end the other installation");
    }
    progress.step(step, 0, -1);
  }

  private static void release(ReentrantLock here) {
    if (here.isHeldByCurrentThread()) {
      here.unlock();
    }
  }

  @Override
  public void close() throws IOException {
    try {
      channel.close();
    } finally {
      release(here);
    }
  }
}
