package dev.dunes.session;

import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code sandstorm.json}, read again when it changes. Fails closed: one that turns bad leaves the
 * last good version in force; where there was none, nothing runs. Query API 2.8.
 */
final class ProjectConfigFile {
  private static final Logger LOG = LoggerFactory.getLogger(ProjectConfigFile.class);

  private final WatchedFile file;
  private final ReentrantLock lock = new ReentrantLock();
  private Optional<ProjectConfig> good = Optional.empty();
  private Optional<String> problem = Optional.empty();

  ProjectConfigFile(Path directory) {
    this.file = new WatchedFile(directory.resolve("sandstorm.json"));
  }

  /** The configuration in force. Throws {@link RunRefusedException} when there is none. */
  ProjectConfig current() {
    lock.lock();
    try {
      switch (file.look()) {
        case WatchedFile.Reading.Unchanged unchanged -> {}
        case WatchedFile.Reading.Absent absent -> accept(ProjectConfig.EMPTY);
        case WatchedFile.Reading.Contents contents -> read(contents.bytes());
        case WatchedFile.Reading.Unreadable unreadable -> reject(unreadable.reason());
      }
      return good.orElseThrow(
          () -> RunRefusedException.config("sandstorm.json: " + problem.orElse("unreadable")));
    } finally {
      lock.unlock();
    }
  }

  /** Why the file as it is now is not in force, if so. */
  Optional<String> problem() {
    lock.lock();
    try {
      return problem;
    } finally {
      lock.unlock();
    }
  }

  private void read(byte[] bytes) {
    try {
      accept(ProjectConfig.parse(bytes));
    } catch (IllegalArgumentException e) {
      reject(String.valueOf(e.getMessage()));
    }
  }

  private void accept(ProjectConfig config) {
    good = Optional.of(config);
    problem = Optional.empty();
  }

  private void reject(String reason) {
    problem = Optional.of(reason);
    LOG.error(
        "sandstorm.json is not used: {}{}",
        reason,
        good.isPresent() ? "; its last good version stays in force" : "");
  }
}
