package dev.dunes.session;

import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code limits.yaml}, read again when it changes. One that turns bad leaves the last good limits
 * in force, with a warning.
 */
final class LimitsFile {
  private static final Logger LOG = LoggerFactory.getLogger(LimitsFile.class);

  private final WatchedFile file;
  private final ReentrantLock lock = new ReentrantLock();
  private Limits current = Limits.NONE;
  private boolean everGood;
  private Optional<String> problem = Optional.empty();

  LimitsFile(Path path) {
    this.file = new WatchedFile(path);
  }

  static LimitsFile of(Settings settings, Path directory) {
    return new LimitsFile(
        settings
            .get("DUNES_LIMITS")
            .map(directory::resolve)
            .orElseGet(() -> directory.resolve("config").resolve("limits.yaml")));
  }

  Path path() {
    return file.path();
  }

  /**
   * The limits in force.
   *
   * @throws RunRefusedException of reason {@code CONFIG} when the file was never good
   */
  Limits current() {
    lock.lock();
    try {
      switch (file.look()) {
        case WatchedFile.Reading.Unchanged unchanged -> {}
        case WatchedFile.Reading.Absent absent -> accept(Limits.NONE);
        case WatchedFile.Reading.Contents contents -> read(contents.bytes());
        case WatchedFile.Reading.Unreadable unreadable -> reject(unreadable.reason());
      }
      if (!everGood) {
        throw RunRefusedException.config(
            "%s: %s".formatted(file.path().getFileName(), problem.orElse("unreadable")));
      }
      return current;
    } finally {
      lock.unlock();
    }
  }

  private void read(byte[] bytes) {
    try {
      accept(Limits.parse(bytes));
    } catch (IllegalArgumentException e) {
      reject(String.valueOf(e.getMessage()));
    }
  }

  private void accept(Limits limits) {
    current = limits;
    everGood = true;
    problem = Optional.empty();
  }

  private void reject(String reason) {
    problem = Optional.of(reason);
    LOG.warn("{} is not used: {}; the last good limits stay in force", file.path(), reason);
  }
}
