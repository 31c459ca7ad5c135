package dev.dunes.session.journal;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;

/**
 * What the writer executes. Transactions are begun and ended by hand: a full disk makes SQLite
 * itself undo one, and the driver's own count of them would be wrong from then on.
 */
final class WriteStatements implements AutoCloseable {
  final PreparedStatement begin;
  final PreparedStatement commit;
  final PreparedStatement rollback;
  final PreparedStatement insertBlock;
  final PreparedStatement updateSequence;
  final PreparedStatement updateState;
  final PreparedStatement insertText;

  WriteStatements(Connection connection) throws SQLException {
    begin = connection.prepareStatement("BEGIN IMMEDIATE");
    commit = connection.prepareStatement("COMMIT");
    rollback = connection.prepareStatement("ROLLBACK");
    insertBlock =
        connection.prepareStatement("INSERT INTO block (id, count, json, raw) VALUES (?, ?, ?, ?)");
    updateSequence =
        connection.prepareStatement(
            "UPDATE session SET sequence = ?, items = ?, updated = ? WHERE key = ?");
    updateState =
        connection.prepareStatement("UPDATE session SET state = ?, updated = ? WHERE key = ?");
    insertText = connection.prepareStatement("INSERT INTO said (rowid, text) VALUES (?, ?)");
  }

  @Override
  public void close() throws SQLException {
    for (PreparedStatement each :
        List.of(begin, commit, rollback, insertBlock, updateSequence, updateState, insertText)) {
      each.close();
    }
  }
}
