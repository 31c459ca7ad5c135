package dev.dunes.session.engine;

import dev.dunes.session.SessionEvent;
import dev.dunes.session.SessionTurn;
import dev.dunes.session.TurnEnd;
import dev.dunes.session.journal.EventLog;
import dev.dunes.session.journal.Follower;
import dev.dunes.session.journal.JournalException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** Reads the events of one turn: exactly those. Agent API, sheet 4.4. */
final class TurnFollower implements SessionTurn {
  private final EventLog log;
  private final Turn turn;
  private final boolean stopWhenAsked;
  private final ReentrantLock lock = new ReentrantLock();
  private @Nullable Follower follower;
  private final CompletableFuture<Boolean> left = new CompletableFuture<>();
  private boolean closed;

  /**
   * @param stopWhenAsked whether a question or a request for permission is the last one
   */
  TurnFollower(EventLog log, Turn turn, boolean stopWhenAsked) {
    this.log = log;
    this.turn = turn;
    this.stopWhenAsked = stopWhenAsked;
  }

  @Override
  public String id() {
    return turn.id();
  }

  @Override
  public Optional<TurnEnd> end() {
    return turn.end();
  }

  @Override
  public List<SessionEvent> next() throws InterruptedException {
    try {
      CompletableFuture.anyOf(turn.begun(), left).get();
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    }
    Optional<Follower> reading = reading();
    if (reading.isEmpty()) {
      return List.of();
    }
    try {
      return reading.get().next();
    } catch (JournalException e) {
      throw Problems.of(e);
    }
  }

  private Optional<Follower> reading() {
    lock.lock();
    try {
      if (closed) {
        return Optional.empty();
      }
      if (follower == null) {
        follower =
            log.follow(turn.after(), () -> stopWhenAsked ? turn.firstRequestOrLast() : turn.last());
      }
      return Optional.of(follower);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      left.complete(true);
      if (follower != null) {
        follower.close();
      }
    } finally {
      lock.unlock();
    }
  }
}
