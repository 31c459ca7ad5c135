package dev.dunes.session.journal;

import dev.dunes.session.SessionEvent;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one thread that writes. What came while it wrote is written together next time; only under
 * load does it wait for more, two milliseconds at most. An event is handed to readers when it is
 * committed, never before.
 */
final class JournalWriter implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(JournalWriter.class);

  private final Connection connection;
  private final Runnable written;
  private final EntryQueue queue = new EntryQueue();
  private final Thread thread;
  private WriteStatements statements;

  /**
   * @param written called after each commit, on the writer's thread
   */
  JournalWriter(Connection connection, Runnable written) throws SQLException {
    this.connection = connection;
    this.written = written;
    this.statements = new WriteStatements(connection);
    // Not a virtual one: calls into SQLite hold their carrier, and this thread does little else.
    this.thread = Thread.ofPlatform().daemon().name("dunes-journal").start(this::run);
  }

  /** Adds something to do; waits while there is too much already. */
  void put(Entry entry) {
    queue.put(entry);
  }

  private void run() {
    try {
      long lastWrite = System.nanoTime() - EntryQueue.LINGER;
      while (true) {
        long since = System.nanoTime() - lastWrite;
        List<Entry> batch = queue.take(EntryQueue.LINGER - since);
        if (batch.isEmpty()) {
          return;
        }
        write(batch);
        lastWrite = System.nanoTime();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** What one transaction adds to one session. */
  private static final class Addition {
    private final List<SessionEvent> events = new ArrayList<>();
    private int inBlocks;
    private long items;
    private String state = "";
  }

  private void write(List<Entry> batch) {
    Map<EventLog, Addition> additions = new LinkedHashMap<>();
    List<Entry.Call<?>> calls = new ArrayList<>();
    try {
      statements.begin.execute();
      for (Entry entry : batch) {
        apply(entry, additions, calls);
      }
      flush(additions);
      statements.commit.execute();
    } catch (SQLException e) {
      JournalException failure = SqlFailures.of("write the journal", e);
      LOG.error("{}", failure.getMessage(), e);
      undo();
      batch.forEach(entry -> fail(entry, failure));
      return;
    }
    additions.forEach((log, addition) -> log.publish(addition.events));
    calls.forEach(Entry.Call::committed);
    written.run();
  }

  private void apply(Entry entry, Map<EventLog, Addition> additions, List<Entry.Call<?>> calls)
      throws SQLException {
    switch (entry) {
      case Entry.Append append -> {
        // INVARIANT: no event of a session is written after one of it that was not.
        if (!append.log().broken()) {
          Addition addition = additions.computeIfAbsent(append.log(), log -> new Addition());
          addition.events.add(append.event());
          addition.items = append.items();
          if (append.text() != null) {
            statements.insertText.setLong(
                1, BlockKey.of(append.log().key(), append.event().sequence()));
            statements.insertText.setString(2, append.text());
            statements.insertText.executeUpdate();
          }
        }
      }
      case Entry.State state -> {
        if (!state.log().broken()) {
          additions.computeIfAbsent(state.log(), log -> new Addition()).state = state.json();
        }
      }
      case Entry.Call<?> call -> {
        flush(additions);
        call.run(connection);
        calls.add(call);
      }
    }
  }

  private void flush(Map<EventLog, Addition> additions) throws SQLException {
    long now = System.currentTimeMillis();
    for (Map.Entry<EventLog, Addition> each : additions.entrySet()) {
      Addition addition = each.getValue();
      long key = each.getKey().key();
      if (addition.inBlocks < addition.events.size()) {
        blocks(key, addition);
        statements.updateSequence.setLong(1, addition.events.getLast().sequence());
        statements.updateSequence.setLong(2, addition.items);
        statements.updateSequence.setLong(3, now);
        statements.updateSequence.setLong(4, key);
        statements.updateSequence.executeUpdate();
      }
      if (!addition.state.isEmpty()) {
        statements.updateState.setString(1, addition.state);
        statements.updateState.setLong(2, now);
        statements.updateState.setLong(3, key);
        statements.updateState.executeUpdate();
        addition.state = "";
      }
    }
  }

  private void blocks(long key, Addition addition) throws SQLException {
    int at = addition.inBlocks;
    while (at < addition.events.size()) {
      int end = Block.end(addition.events, at);
      Block block = Block.of(addition.events, at, end);
      statements.insertBlock.setLong(1, BlockKey.of(key, block.first()));
      statements.insertBlock.setInt(2, block.count());
      statements.insertBlock.setBytes(3, block.json());
      statements.insertBlock.setBytes(4, block.raw());
      statements.insertBlock.executeUpdate();
      at = end;
    }
    addition.inBlocks = at;
  }

  private void undo() {
    try {
      statements.rollback.execute();
    } catch (SQLException e) {
      LOG.debug("SQLite has undone the write itself", e);
    }
    try {
      // The driver closes a statement that has failed.
      statements.close();
      statements = new WriteStatements(connection);
    } catch (SQLException e) {
      LOG.error("the journal cannot be written any more", e);
    }
  }

  private static void fail(Entry entry, JournalException failure) {
    switch (entry) {
      case Entry.Append append -> append.log().fail(failure);
      case Entry.State state -> state.log().fail(failure);
      case Entry.Call<?> call -> call.failed(failure);
    }
  }

  /** Writes what waits, then ends. */
  @Override
  public void close() {
    queue.close();
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
