package dev.dunes.guest;

import dev.dunes.sandbox.SandboxInterruptedException;
import dev.dunes.sandbox.SandboxTimeoutException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The right to change a sandbox: to make it, pause it, destroy it. One holder on this machine at a
 * time, threads and processes alike; it ends with its process. Not reentrant.
 */
public final class SandboxLock implements AutoCloseable {
  /** File locks belong to the process, so threads of this one need their own word. */
  private static final Set<Path> HELD_HERE = ConcurrentHashMap.newKeySet();

  private static final long POLL_MILLIS = 2;

  private final SandboxDirectory directory;
  private final Path key;
  private final FileChannel channel;

  private SandboxLock(SandboxDirectory directory, Path key, FileChannel channel) {
    this.directory = directory;
    this.key = key;
    this.channel = channel;
  }

  /** What it is held for. */
  public SandboxDirectory directory() {
    return directory;
  }

  /**
   * Waits for it.
   *
   * @return empty when the sandbox is gone
   */
  static Optional<SandboxLock> acquire(SandboxDirectory directory, Path file, Duration limit)
      throws IOException {
    long deadline = System.nanoTime() + limit.toNanos();
    while (Files.exists(file)) {
      Optional<SandboxLock> held = attempt(directory, file);
      if (held.isPresent()) {
        return held;
      }
      if (System.nanoTime() - deadline > 0) {
        throw SandboxTimeoutException.after(limit);
      }
      try {
        TimeUnit.MILLISECONDS.sleep(POLL_MILLIS); // a blocking file lock cannot be given a limit
      } catch (InterruptedException e) {
        throw new SandboxInterruptedException("waiting for another use of the sandbox to end", e);
      }
    }
    return Optional.empty();
  }

  /** Takes it if nobody holds it and the sandbox is there. */
  static Optional<SandboxLock> attempt(SandboxDirectory directory, Path file) throws IOException {
    Path key = directory.path();
    if (!HELD_HERE.add(key)) {
      return Optional.empty();
    }
    @Nullable FileChannel channel = null;
    boolean held = false;
    try {
      channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
      FileLock lock = channel.tryLock();
      // INVARIANT: ids are never used twice, so a lock file that is still there is the one that was
      // opened
      held = lock != null && Files.exists(file);
      return held ? Optional.of(new SandboxLock(directory, key, channel)) : Optional.empty();
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } finally {
      if (!held) {
        release(key, channel);
      }
    }
  }

  private static void release(Path key, @Nullable FileChannel channel) {
    // INVARIANT: closed before the key is given up: closing any channel of a file drops this
    // process's locks on it
    try {
      if (channel != null) {
        channel.close();
      }
    } catch (IOException e) {
      // the descriptor is gone in any case, and the lock with it
    } finally {
      HELD_HERE.remove(key);
    }
  }

  @Override
  public void close() {
    release(key, channel);
  }
}
