package dev.dunes.session.journal;

import dev.dunes.session.SearchHit;
import dev.dunes.session.SessionEvent;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Reads a journal with a few connections of its own: readers wait for each other, never for the
 * writer, and the writer never for them.
 */
final class JournalReaders implements AutoCloseable {
  private static final int CONNECTIONS = 2;
  private static final long PAGE_BYTES = 64L << 20;

  /** The block that holds the first one wanted, and those after it. */
  private static final String READ =
      "SELECT id, count, json, raw FROM block WHERE id >= coalesce((SELECT max(id) FROM block WHERE"
          + " id BETWEEN ?1 AND ?2), ?1) AND id <= ?3 ORDER BY id";

  private static final String SEARCH =
      "SELECT said.rowid, session.id, snippet(said, 0, '', '', '…', 24) FROM said JOIN session ON"
          + " session.key = said.rowid >> 40 WHERE said MATCH ?1 ORDER BY said.rowid DESC LIMIT ?2";

  private final JournalFile file;
  private final Semaphore free = new Semaphore(CONNECTIONS, true);
  private final ReentrantLock lock = new ReentrantLock();
  private final Deque<Connection> idle = new ArrayDeque<>();
  private boolean closed;

  JournalReaders(JournalFile file) {
    this.file = file;
  }

  private interface Reading<T> {
    T read(Connection connection) throws SQLException;
  }

  /** Events after an offset up to a sequence, about so many. */
  List<SessionEvent> read(long session, long offset, long end, int about) {
    return with(
        connection -> read(connection, session, offset, end, about, about, Block.MOST_BYTES));
  }

  /** Events after an offset up to a sequence, exactly so many unless there are fewer. */
  List<SessionEvent> page(long session, long offset, long end, long most) {
    return with(
        connection -> read(connection, session, offset, end, Long.MAX_VALUE, most, PAGE_BYTES));
  }

  private static List<SessionEvent> read(
      Connection connection,
      long session,
      long offset,
      long end,
      long enough,
      long most,
      long mostBytes)
      throws SQLException {
    List<SessionEvent> events = Block.list();
    long bytes = 0;
    try (PreparedStatement statement = connection.prepareStatement(READ)) {
      statement.setLong(1, BlockKey.first(session));
      statement.setLong(2, BlockKey.of(session, offset + 1));
      statement.setLong(3, BlockKey.of(session, end));
      try (ResultSet rows = statement.executeQuery()) {
        while (events.size() < Math.min(enough, most) && bytes < mostBytes && rows.next()) {
          Block block =
              new Block(
                  BlockKey.sequence(rows.getLong(1)),
                  rows.getInt(2),
                  rows.getBytes(3),
                  rows.getBytes(4));
          bytes += block.json().length;
          block.addTo(events, offset, most - events.size());
        }
      }
    }
    return events;
  }

  /** Where words are, the newest first. */
  List<SearchHit> search(String match, int limit) {
    return with(connection -> {
      List<SearchHit> hits = new ArrayList<>();
      try (PreparedStatement statement = connection.prepareStatement(SEARCH)) {
        statement.setString(1, match);
        statement.setInt(2, limit);
        try (ResultSet rows = statement.executeQuery()) {
          while (rows.next()) {
            hits.add(
                new SearchHit(
                    rows.getString(2),
                    BlockKey.sequence(rows.getLong(1)),
                    rows.getString(3).replaceAll("\\s+", " ").strip()));
          }
        }
      }
      return hits;
    });
  }

  private <T> T with(Reading<T> reading) {
    free.acquireUninterruptibly();
    try {
      Connection connection = take();
      boolean good = false;
      try {
        T result = reading.read(connection);
        good = true;
        return result;
      } finally {
        giveBack(connection, good);
      }
    } catch (SQLException e) {
      throw SqlFailures.of("read the journal", e);
    } finally {
      free.release();
    }
  }

  private Connection take() throws SQLException {
    lock.lock();
    try {
      if (closed) {
        throw JournalException.closed();
      }
      Connection connection = idle.poll();
      if (connection != null) {
        return connection;
      }
    } finally {
      lock.unlock();
    }
    return file.connect(true);
  }

  private void giveBack(Connection connection, boolean good) throws SQLException {
    lock.lock();
    try {
      if (good && !closed) {
        idle.push(connection);
        return;
      }
    } finally {
      lock.unlock();
    }
    connection.close();
  }

  @Override
  public void close() throws SQLException {
    lock.lock();
    List<Connection> all;
    try {
      closed = true;
      all = List.copyOf(idle);
      idle.clear();
    } finally {
      lock.unlock();
    }
    for (Connection connection : all) {
      connection.close();
    }
  }
}
