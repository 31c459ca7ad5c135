package dev.dunes.session.journal;

import dev.dunes.session.EventPage;
import dev.dunes.session.SessionEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The events of one session: those that are written last are in memory, all of them in the journal.
 * Safe for use by several threads; whoever appends gives the sequences and must be one at a time.
 */
public final class EventLog {
  /** The most that a reader gets at once, and the most that is kept in memory for readers. */
  private static final int READ = 512;

  private static final int RING = 4096;
  private static final long RING_BYTES = 4L << 20;
  private static final int SMALLEST = 64;

  private final Journal journal;
  private final long key;
  private final String sessionId;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  /**
   * Events in the order of their sequences, the first at {@code start}; null when there is none.
   */
  private @Nullable SessionEvent[] ring = new SessionEvent[0];

  private int start;
  private int size;
  private long bytes;
  private int followers;
  private boolean deleted;
  private boolean closed;
  private volatile long last;
  private volatile @Nullable JournalException failure;

  EventLog(Journal journal, long key, String sessionId, long last) {
    this.journal = journal;
    this.key = key;
    this.sessionId = sessionId;
    this.last = last;
  }

  /** Its number in the journal. */
  public long key() {
    return key;
  }

  /** The session's id. */
  public String sessionId() {
    return sessionId;
  }

  /** The sequence of the last event that is written; 0 when there is none. */
  public long last() {
    return last;
  }

  boolean broken() {
    return failure != null;
  }

  /** Why nothing can be appended to this object any more, if so. */
  public Optional<JournalException> failure() {
    return Optional.ofNullable(failure);
  }

  /**
   * Appends an event; returns when it is among those to be written.
   *
   * @param items how many items the session has with it
   * @param text to be found by
   * @throws JournalException when an event before it could not be written
   */
  public void append(SessionEvent event, long items, @Nullable String text) {
    refuseWhenBroken();
    journal.writer().put(new Entry.Append(this, event, items, text));
  }

  /** Replaces the session's state, in order with its events. */
  public void state(String json) {
    refuseWhenBroken();
    journal.writer().put(new Entry.State(this, json));
  }

  /**
   * Waits until everything that was appended before is written.
   *
   * @throws JournalException when it could not be
   */
  public void sync() {
    journal.sync();
    refuseWhenBroken();
  }

  private void refuseWhenBroken() {
    JournalException known = failure;
    if (known != null) {
      throw known;
    }
  }

  /** Hands events that are written to those who follow. */
  void publish(List<SessionEvent> events) {
    if (events.isEmpty()) {
      return;
    }
    lock.lock();
    try {
      for (SessionEvent event : events) {
        add(event);
      }
      last = events.getLast().sequence();
      if (followers > 0) {
        changed.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  private void add(SessionEvent event) {
    int eventSize = Block.size(event);
    while (size > 0 && (size == RING || bytes + eventSize > RING_BYTES)) {
      bytes -= Block.size(at(0));
      ring[start] = null;
      start = (start + 1) % ring.length;
      size--;
    }
    if (size == ring.length) {
      grow();
    }
    ring[(start + size) % ring.length] = event;
    size++;
    bytes += eventSize;
  }

  private void grow() {
    @Nullable SessionEvent[] larger =
        new SessionEvent[Math.min(RING, Math.max(SMALLEST, ring.length * 4))];
    for (int i = 0; i < size; i++) {
      larger[i] = at(i);
    }
    ring = larger;
    start = 0;
  }

  private SessionEvent at(int index) {
    SessionEvent event = ring[(start + index) % ring.length];
    if (event == null) {
      throw new IllegalStateException("the ring has a hole");
    }
    return event;
  }

  /** Lets go of what is in memory: nothing happens for a while. */
  public void rest() {
    lock.lock();
    try {
      if (followers == 0) {
        ring = new SessionEvent[0];
        start = 0;
        size = 0;
        bytes = 0;
      }
    } finally {
      lock.unlock();
    }
  }

  /** Nothing more can be written of this session: its readers are told. */
  void fail(JournalException why) {
    lock.lock();
    try {
      if (failure == null) {
        failure = why;
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** No more events come: readers end when they have read all. */
  public void close() {
    lock.lock();
    try {
      closed = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** It is gone: readers end at once. */
  void deleted() {
    lock.lock();
    try {
      deleted = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Reads on from an offset, and waits for what is not there yet. */
  public Follower follow(long offset) {
    return follow(offset, () -> Long.MAX_VALUE);
  }

  /**
   * The same up to a sequence.
   *
   * @param end the last one that is wanted, as far as that is known; after it becomes known {@link
   *     #wake()} is to be called
   */
  public Follower follow(long offset, LongSupplier end) {
    lock.lock();
    try {
      followers++;
      return new Follower(this, offset, end);
    } finally {
      lock.unlock();
    }
  }

  void left() {
    lock.lock();
    try {
      followers--;
    } finally {
      lock.unlock();
    }
  }

  /** Lets those who wait look around. */
  public void wake() {
    lock.lock();
    try {
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Who reads on; asked with the lock of the log. */
  interface Reader {
    boolean wanted();
  }

  /**
   * The next events after an offset; waits until there is one. Empty when there will be none.
   *
   * @throws JournalException when what comes next could not be written
   */
  List<SessionEvent> next(long offset, Reader reader) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (true) {
        if (deleted || !reader.wanted()) {
          return List.of();
        }
        if (offset < last) {
          List<SessionEvent> recent = recent(offset);
          if (!recent.isEmpty()) {
            return recent;
          }
          break;
        }
        JournalException known = failure;
        if (known != null) {
          throw known;
        }
        if (closed) {
          return List.of();
        }
        changed.await();
      }
    } finally {
      lock.unlock();
    }
    return journal.readers().read(key, offset, last, READ);
  }

  private List<SessionEvent> recent(long offset) {
    if (size == 0 || at(0).sequence() > offset + 1) {
      return List.of();
    }
    int from = (int) (offset + 1 - at(0).sequence());
    int count = Math.min(READ, size - from);
    List<SessionEvent> events = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      events.add(at(from + i));
    }
    return events;
  }

  /**
   * What is written after an offset.
   *
   * @param limit at most so many; without it as many as there are, up to 64 MiB of them
   */
  public EventPage page(long offset, OptionalLong limit) {
    long end = last;
    if (offset >= end) {
      return new EventPage(List.of(), false);
    }
    long most = limit.orElse(Long.MAX_VALUE);
    if (most <= 0) {
      return new EventPage(List.of(), true);
    }
    List<SessionEvent> events = journal.readers().page(key, offset, end, most);
    boolean more = events.isEmpty() ? false : events.getLast().sequence() < end;
    return new EventPage(events, more);
  }
}
