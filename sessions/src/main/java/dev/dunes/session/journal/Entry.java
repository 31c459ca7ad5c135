package dev.dunes.session.journal;

import dev.dunes.session.SessionEvent;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Something for the writer to do, in the order in which it was asked for. */
sealed interface Entry {
  /** What it takes while it waits, roughly. */
  long size();

  /**
   * An event.
   *
   * @param items how many items its session has with it
   * @param text to be found by
   */
  record Append(EventLog log, SessionEvent event, long items, @Nullable String text)
      implements Entry {
    @Override
    public long size() {
      return 64L + Block.size(event);
    }
  }

  /** Another state of a session. */
  record State(EventLog log, String json) implements Entry {
    @Override
    public long size() {
      return 64L + json.length();
    }
  }

  /** Something else, once everything before it is written; done when it is committed. */
  final class Call<T> implements Entry {
    private final Work<T> work;
    private final CompletableFuture<T> done = new CompletableFuture<>();
    private @Nullable T result;

    Call(Work<T> work) {
      this.work = work;
    }

    void run(Connection connection) throws SQLException {
      result = work.run(connection);
    }

    @SuppressWarnings("NullAway") // the result of work, which may be of type Void
    void committed() {
      done.complete(result);
    }

    void failed(JournalException e) {
      done.completeExceptionally(e);
    }

    CompletableFuture<T> done() {
      return done;
    }

    @Override
    public long size() {
      return 64;
    }
  }

  /** What a {@link Call} does. */
  interface Work<T> {
    T run(Connection connection) throws SQLException;
  }
}
