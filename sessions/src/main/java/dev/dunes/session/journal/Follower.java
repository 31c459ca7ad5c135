package dev.dunes.session.journal;

import dev.dunes.session.SessionEvent;
import dev.dunes.session.SessionEvents;
import java.util.List;
import java.util.function.LongSupplier;

/** A cursor in the events of a session: what it has not read stays in the journal. */
public final class Follower implements SessionEvents {
  private final EventLog log;
  private final LongSupplier end;
  private long offset;
  private volatile boolean open = true;

  Follower(EventLog log, long offset, LongSupplier end) {
    this.log = log;
    this.offset = Math.max(0, offset);
    this.end = end;
  }

  /**
   * {@inheritDoc}
   *
   * @throws JournalException when what comes next could not be written
   */
  @Override
  public List<SessionEvent> next() throws InterruptedException {
    List<SessionEvent> events = log.next(offset, this::wantsMore);
    long last = end.getAsLong();
    if (!events.isEmpty() && events.getLast().sequence() > last) {
      events = events.subList(0, (int) (last - offset));
    }
    if (!events.isEmpty()) {
      offset = events.getLast().sequence();
    }
    return events;
  }

  private boolean wantsMore() {
    return open && offset < end.getAsLong();
  }

  @Override
  public void close() {
    if (open) {
      open = false;
      log.left();
      log.wake();
    }
  }
}
