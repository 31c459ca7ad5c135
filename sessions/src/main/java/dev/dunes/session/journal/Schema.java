package dev.dunes.session.journal;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;

/**
 * The tables of a journal and their version, which is SQLite's {@code user_version}.
 *
 * <p>Events lie in blocks: as many events of one session as were written together, one after the
 * other, each with its length before it. The key of a block is the session's key times 2^40 plus
 * the sequence of its first event, so that a journal is one ordered tree and reading on from an
 * offset is one search.
 */
final class Schema {
  static final int VERSION = 1;

  private static final List<String> TABLES =
      List.of(
          "CREATE TABLE session (key INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,"
              + " created INTEGER NOT NULL, updated INTEGER NOT NULL, sequence INTEGER NOT NULL,"
              + " items INTEGER NOT NULL, state TEXT NOT NULL)",
          "CREATE TABLE block (id INTEGER PRIMARY KEY, count INTEGER NOT NULL,"
              + " json BLOB NOT NULL, raw BLOB)",
          "CREATE VIRTUAL TABLE said USING fts5(text, tokenize='unicode61')");

  private Schema() {}

  /**
   * Makes the tables where there are none.
   *
   * @throws JournalException {@code NEWER} when they are not of this version or an older one
   */
  static void prepare(Connection connection) throws SQLException {
    int version = version(connection);
    if (version > VERSION) {
      throw new JournalException(
          JournalException.Reason.NEWER,
          "the journal has version %d, this program knows %d".formatted(version, VERSION),
          "use the newer program, or work in another directory",
          null);
    }
    if (version == 0) {
      connection.setAutoCommit(false);
      try (Statement statement = connection.createStatement()) {
        for (String table : TABLES) {
          statement.execute(table);
        }
        statement.execute("PRAGMA user_version = " + VERSION);
        connection.commit();
      } finally {
        connection.setAutoCommit(true);
      }
    }
  }

  private static int version(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery("PRAGMA user_version")) {
      return result.next() ? result.getInt(1) : 0;
    }
  }
}
