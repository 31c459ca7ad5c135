package dev.dunes.session.journal;

import dev.dunes.session.SearchHit;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sessions and their events on disk: SQLite with a write-ahead log, one thread that writes and
 * commits what came together, readers beside it. One process at a time has it open. Safe for use by
 * several threads.
 */
public final class Journal implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Journal.class);
  private static final String DATABASE = "journal.db";
  private static final int MOST_HITS = 10_000;

  private final JournalLock lock;
  private final Connection connection;
  private final JournalWriter writer;
  private final JournalReaders readers;
  private final ReentrantLock closing = new ReentrantLock();
  private boolean closed;

  private Journal(JournalLock lock, JournalFile file) throws SQLException {
    this.lock = lock;
    this.connection = file.connect(false);
    try {
      Schema.prepare(connection);
      Checkpoints checkpoints = new Checkpoints(file);
      this.writer = new JournalWriter(connection, () -> checkpoints.committed(connection));
    } catch (SQLException | RuntimeException e) {
      connection.close();
      throw e;
    }
    this.readers = new JournalReaders(file);
  }

  /**
   * Opens the journal of a directory, which is made when missing.
   *
   * @param maxBytes how large it may become
   * @throws JournalException when it cannot be opened
   */
  public static Journal open(Path directory, OptionalLong maxBytes) {
    try {
      Files.createDirectories(
          directory,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      JournalLock lock = JournalLock.take(directory.resolve("lock"));
      try {
        Path database = directory.resolve(DATABASE);
        if (!Files.exists(database)) {
          Files.createFile(
              database,
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        }
        return new Journal(lock, new JournalFile(database, maxBytes));
      } catch (SQLException | IOException | RuntimeException e) {
        lock.close();
        throw e;
      }
    } catch (SQLException e) {
      throw SqlFailures.of("open the journal in " + directory, e);
    } catch (IOException e) {
      throw new JournalException(
          JournalException.Reason.BROKEN,
          "could not open the journal in %s: %s".formatted(directory, e),
          "make the directory writable, or work in another one",
          e);
    }
  }

  JournalWriter writer() {
    return writer;
  }

  JournalReaders readers() {
    return readers;
  }

  /** All sessions, in the order in which they were made. */
  public List<StoredSession> sessions() {
    return call(connection -> {
      List<StoredSession> all = new ArrayList<>();
      try (Statement statement = connection.createStatement();
          ResultSet rows =
              statement.executeQuery(
                  "SELECT key, id, created, updated, sequence, items, state FROM session ORDER BY key")) {
        while (rows.next()) {
          all.add(
              new StoredSession(
                  rows.getLong(1),
                  rows.getString(2),
                  Instant.ofEpochMilli(rows.getLong(3)),
                  Instant.ofEpochMilli(rows.getLong(4)),
                  rows.getLong(5),
                  rows.getLong(6),
                  rows.getString(7)));
        }
      }
      return all;
    });
  }

  /**
   * Adds a session; it is on disk when this returns.
   *
   * @return its log, with nothing in it
   */
  public EventLog create(String id, Instant createdAt, String state) {
    long key =
        call(connection -> {
          try (PreparedStatement insert =
              connection.prepareStatement(
                  "INSERT INTO session (id, created, updated, sequence, items, state) VALUES (?, ?,"
                      + " ?, 0, 0, ?) RETURNING key")) {
            insert.setString(1, id);
            insert.setLong(2, createdAt.toEpochMilli());
            insert.setLong(3, createdAt.toEpochMilli());
            insert.setString(4, state);
            try (ResultSet rows = insert.executeQuery()) {
              rows.next();
              return rows.getLong(1);
            }
          }
        });
    return new EventLog(this, key, id, 0);
  }

  /** The log of a session that is there. */
  public EventLog log(StoredSession session) {
    return new EventLog(this, session.key(), session.id(), session.sequence());
  }

  /** What is stored of a session now. */
  public StoredSession reread(EventLog log) {
    return sessions().stream()
        .filter(session -> session.key() == log.key())
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("no session " + log.sessionId()));
  }

  /** Removes a session with all its events. */
  public void delete(EventLog log) {
    long key = log.key();
    call(connection -> {
      for (String sql :
          List.of(
              "DELETE FROM said WHERE rowid BETWEEN ? AND ?",
              "DELETE FROM block WHERE id BETWEEN ? AND ?")) {
        try (PreparedStatement delete = connection.prepareStatement(sql)) {
          delete.setLong(1, BlockKey.first(key));
          delete.setLong(2, BlockKey.last(key));
          delete.executeUpdate();
        }
      }
      try (PreparedStatement delete =
          connection.prepareStatement("DELETE FROM session WHERE key = ?")) {
        delete.setLong(1, key);
        return delete.executeUpdate();
      }
    });
    log.deleted();
  }

  /**
   * Where all of these words were said, the newest first.
   *
   * @param limit at most so many
   */
  public List<SearchHit> search(String words, OptionalLong limit) {
    String match =
        Stream.of(words.strip().split("\\s+"))
            .filter(word -> !word.isEmpty())
            .map(word -> '"' + word.replace("\"", "\"\"") + '"')
            .collect(Collectors.joining(" "));
    return match.isEmpty()
        ? List.of()
        : readers.search(match, (int) Math.min(MOST_HITS, limit.orElse(MOST_HITS)));
  }

  /** Waits until everything that was appended before is committed. */
  void sync() {
    call(connection -> true);
  }

  private <T> T call(Entry.Work<T> work) {
    Entry.Call<T> call = new Entry.Call<>(work);
    writer.put(call);
    return await(call.done());
  }

  private static <T> T await(CompletableFuture<T> done) {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return done.get();
        } catch (InterruptedException e) {
          interrupted = true; // it takes milliseconds, and half of it would be worse
        } catch (ExecutionException e) {
          if (e.getCause() instanceof JournalException known) {
            throw known;
          }
          throw new IllegalStateException(e.getCause());
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Writes what waits and lets go. Safe to repeat. */
  @Override
  public void close() {
    closing.lock();
    try {
      if (closed) {
        return;
      }
      closed = true;
      writer.close();
      try {
        readers.close();
        connection.close();
        lock.close();
      } catch (SQLException | IOException e) {
        LOG.warn("could not close the journal properly", e);
      }
    } finally {
      closing.unlock();
    }
  }
}
