package dev.dunes.session.journal;

import java.sql.SQLException;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/** What SQLite's failures mean. */
final class SqlFailures {
  private SqlFailures() {}

  static JournalException of(String doing, SQLException e) {
    SQLiteErrorCode code =
        e instanceof SQLiteException known
            ? known.getResultCode()
            : SQLiteErrorCode.getErrorCode(e.getErrorCode());
    return switch (code) {
      case SQLITE_FULL,
          SQLITE_IOERR_WRITE,
          SQLITE_IOERR_FSYNC,
          SQLITE_IOERR_TRUNCATE,
          SQLITE_IOERR_SHMSIZE ->
          new JournalException(
              JournalException.Reason.FULL,
              "could not %s: the disk is full, or the journal is as large as it may become"
                  .formatted(doing),
              "make room, or raise DUNES_JOURNAL_MAX_MB; what was in the journal is still there",
              e);
      default ->
          new JournalException(
              JournalException.Reason.BROKEN,
              "could not %s: %s".formatted(doing, e.getMessage()),
              "look at the directory of the journal, its rights and its disk",
              e);
    };
  }
}
