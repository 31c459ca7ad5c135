package dev.dunes.session.journal;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.OptionalLong;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteDataSource;

/** The database file of a journal and how it is opened. */
record JournalFile(Path path, OptionalLong maxBytes) {
  private static final int PAGE = 8192;
  private static final int PATIENCE_MILLIS = 10_000;

  /** A connection of its own: who gets it must be its only user. */
  Connection connect(boolean readOnly) throws SQLException {
    SQLiteConfig config = new SQLiteConfig();
    config.setJournalMode(SQLiteConfig.JournalMode.WAL);
    // A commit survives the end of the process; a loss of power may take the last ones.
    config.setSynchronous(SQLiteConfig.SynchronousMode.NORMAL);
    config.setTempStore(SQLiteConfig.TempStore.MEMORY);
    config.setBusyTimeout(PATIENCE_MILLIS);
    config.setPageSize(PAGE);
    SQLiteDataSource source = new SQLiteDataSource(config);
    source.setUrl("jdbc:sqlite:" + path);
    Connection connection = source.getConnection();
    try (Statement statement = connection.createStatement()) {
      // Checkpoints are made beside the writer, see Checkpoints.
      statement.execute("PRAGMA wal_autocheckpoint = 0");
      if (readOnly) {
        statement.execute("PRAGMA query_only = 1");
      } else if (maxBytes.isPresent()) {
        statement.execute("PRAGMA max_page_count = " + Math.max(1, maxBytes.getAsLong() / PAGE));
      }
      return connection;
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
  }

  Path log() {
    return path.resolveSibling(path.getFileName() + "-wal");
  }
}
