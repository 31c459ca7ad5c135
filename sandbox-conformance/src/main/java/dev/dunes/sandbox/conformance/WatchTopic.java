package dev.dunes.sandbox.conformance;

import static dev.dunes.sandbox.conformance.FileContentsTopic.assertReason;
import static org.assertj.core.api.Assertions.assertThat;

import dev.dunes.sandbox.FileChange;
import dev.dunes.sandbox.FileWatch;
import dev.dunes.sandbox.SandboxFileException.Reason;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Watching directories. */
abstract class WatchTopic extends Topic {
  WatchTopic(Supplier<Suite> suite) {
    super(suite);
  }

  @BeforeEach
  void needsWatches() {
    needs(Feature.WATCH);
  }

  @Test
  void changesAreSeenInTheirOrder() {
    String directory = directory();
    try (FileWatch watch = files().watch(directory, false)) {
      files().write(directory + "/file", "x");
      await(watch, FileChange.Type.CREATED, "file");
      await(watch, FileChange.Type.WRITTEN, "file");
      files().move(directory + "/file", directory + "/other");
      await(watch, FileChange.Type.MOVED_AWAY, "file");
      await(watch, FileChange.Type.MOVED_HERE, "other");
      files().remove(directory + "/other");
      await(watch, FileChange.Type.REMOVED, "other");
    }
  }

  @Test
  void whatIsChangedInsideIsSeen() {
    String directory = directory();
    try (FileWatch watch = files().watch(directory, false)) {
      sh("echo x > '%s/a name'".formatted(directory));
      await(watch, FileChange.Type.CREATED, "a name");
    }
  }

  @Test
  void directoriesMadeLaterAreWatchedToo() {
    String directory = directory();
    files().mkdir(directory + "/there");
    try (FileWatch watch = files().watch(directory, true)) {
      files().write(directory + "/there/file", "x");
      await(watch, FileChange.Type.CREATED, "there/file");
      files().mkdir(directory + "/new/deep");
      await(watch, FileChange.Type.CREATED, "new");
      await(watch, FileChange.Type.CREATED, "new/deep");
      files().write(directory + "/new/deep/file", "x");
      await(watch, FileChange.Type.CREATED, "new/deep/file");
    }
  }

  @Test
  void withoutChangesThereIsNothing() {
    try (FileWatch watch = files().watch(directory(), true)) {
      assertThat(watch.next(Duration.ofMillis(20))).isEmpty();
      assertThat(watch.ended()).isFalse();
    }
  }

  @Test
  void aClosedWatchEnds() {
    FileWatch watch = files().watch(directory(), true);
    watch.close();
    watch.close();

    Suite.eventually("it has ended", watch::ended);
    assertThat(watch.next(Suite.LIMIT)).isEmpty();
  }

  @Test
  void manyChangesAreSeenOrSaidToBeLost() {
    String directory = directory();
    try (FileWatch watch = files().watch(directory, false)) {
      sh("cd %s && seq 1 2000 | xargs touch".formatted(directory));
      int created = 0;
      boolean overflow = false;
      while (created < 2000 && !overflow) {
        FileChange change = watch.next(Suite.LIMIT).orElseThrow();
        created += change.type() == FileChange.Type.CREATED ? 1 : 0;
        overflow |= change.type() == FileChange.Type.OVERFLOW;
      }
      assertThat(created == 2000 || overflow).isTrue();
    }
  }

  @Test
  void onlyWhatIsThereCanBeWatched() {
    String directory = directory();

    assertReason(Reason.NOT_FOUND, () -> files().watch(directory + "/missing", false));
  }

  /** Skips what else happens, such as changes of attributes. */
  private static void await(FileWatch watch, FileChange.Type type, String path) {
    while (true) {
      Optional<FileChange> change = watch.next(Suite.LIMIT);
      assertThat(change).as("%s %s", type, path).isPresent();
      if (change.get().type() == type && change.get().path().equals(path)) {
        return;
      }
    }
  }
}
