package dev.dunes.server.e2b.envd;

import static dev.dunes.server.e2b.envd.FilesystemMessages.EVENT_CHMOD;
import static dev.dunes.server.e2b.envd.FilesystemMessages.EVENT_CREATE;
import static dev.dunes.server.e2b.envd.FilesystemMessages.EVENT_REMOVE;
import static dev.dunes.server.e2b.envd.FilesystemMessages.EVENT_RENAME;
import static dev.dunes.server.e2b.envd.FilesystemMessages.EVENT_WRITE;

import dev.dunes.sandbox.FileChange;
import dev.dunes.sandbox.FileWatch;
import dev.dunes.sandbox.SandboxFileException;
import dev.dunes.server.e2b.connect.ConnectCode;
import dev.dunes.server.e2b.connect.ConnectException;
import dev.dunes.server.e2b.connect.Message;
import java.time.Duration;
import java.util.Optional;

/** A directory that is watched. */
final class Watcher implements AutoCloseable {
  private final String path;
  private final FileWatch watch;
  private final Optional<Entries> entries;

  /**
   * @param entries describes what has changed, if that is wanted
   */
  Watcher(String path, FileWatch watch, Optional<Entries> entries) {
    this.path = path;
    this.watch = watch;
    this.entries = entries;
  }

  String path() {
    return path;
  }

  /** The next change; waits at most so long. */
  Optional<FileChange> next(Duration limit) {
    return watch.next(limit);
  }

  boolean ended() {
    return watch.ended();
  }

  /** The event of a change. */
  Message event(FileChange change) {
    long type =
        switch (change.type()) {
          case CREATED, MOVED_HERE -> EVENT_CREATE;
          case WRITTEN -> EVENT_WRITE;
          case REMOVED -> EVENT_REMOVE;
          case MOVED_AWAY -> EVENT_RENAME;
          case ATTRIBUTES -> EVENT_CHMOD;
          case OVERFLOW ->
              throw new ConnectException(
                  ConnectCode.INTERNAL,
                  "more happened in %s than could be recorded; list it and watch again"
                      .formatted(path));
        };
    Message event =
        new Message(FilesystemMessages.EVENT)
            .set("name", change.path().isEmpty() ? "." : change.path())
            .set("type", type);
    boolean there = type != EVENT_REMOVE && type != EVENT_RENAME;
    entries
        .filter(wanted -> there)
        .flatMap(known -> describe(known, Paths.clean(Paths.join(path, change.path()))))
        .ifPresent(entry -> event.set("entry", entry));
    return event;
  }

  private static Optional<Message> describe(Entries entries, String changed) {
    try {
      return Optional.of(entries.at(changed));
    } catch (SandboxFileException e) {
      return Optional.empty(); // it is gone again
    }
  }

  @Override
  public void close() {
    watch.close();
  }
}
