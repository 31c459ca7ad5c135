package dev.dunes.session.journal;

import java.io.IOException;
import java.nio.file.Files;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Moves what SQLite's log holds into the database itself, on a thread of its own: it waits for the
 * disk, and events must not. Only a log that grows all the same makes the writer wait.
 */
final class Checkpoints {
  private static final Logger LOG = LoggerFactory.getLogger(Checkpoints.class);

  /** From here on it is worth while. */
  private static final long LARGE = 8L << 20;

  /** More than this is too much. */
  private static final long TOO_LARGE = 128L << 20;

  /** How many commits between two looks. */
  private static final int EVERY = 64;

  private final JournalFile file;
  private final AtomicBoolean running = new AtomicBoolean();
  private int commits;

  Checkpoints(JournalFile file) {
    this.file = file;
  }

  /** After a commit, on the writer's thread, with its connection. */
  void committed(Connection writer) {
    commits++;
    if (commits % EVERY != 0) {
      return;
    }
    long size = size();
    if (size > TOO_LARGE && !running.get()) {
      checkpoint(writer, "TRUNCATE");
    } else if (size > LARGE && running.compareAndSet(false, true)) {
      Thread.ofPlatform().daemon().name("dunes-journal-checkpoint").start(this::passive);
    }
  }

  private void passive() {
    try (Connection connection = file.connect(false)) {
      checkpoint(connection, "PASSIVE");
    } catch (SQLException e) {
      LOG.warn("could not open the journal for a checkpoint: {}", e.getMessage());
    } finally {
      running.set(false);
    }
  }

  private static void checkpoint(Connection connection, String mode) {
    try (Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA wal_checkpoint(" + mode + ")");
    } catch (SQLException e) {
      LOG.warn("could not checkpoint the journal: {}", e.getMessage());
    }
  }

  private long size() {
    try {
      return Files.exists(file.log()) ? Files.size(file.log()) : 0;
    } catch (IOException e) {
      LOG.debug("no log of the journal", e);
      return 0;
    }
  }
}
