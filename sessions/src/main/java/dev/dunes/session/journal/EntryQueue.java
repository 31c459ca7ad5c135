package dev.dunes.session.journal;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** What waits to be written: bounded, so that an agent cannot be faster than the disk for long. */
final class EntryQueue {
  private static final int MOST_ENTRIES = 16_384;
  private static final long MOST_BYTES = 16L << 20;

  /** So many at once make a write worth its price. */
  private static final int WORTH_WHILE = 512;

  private static final int BATCH = 4096;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition notEmpty = lock.newCondition();
  private final Condition notFull = lock.newCondition();
  private Deque<Entry> entries = new ArrayDeque<>();
  private long bytes;
  private boolean hurry;
  private boolean closed;

  /** Adds; waits, without being interrupted, while it is full. */
  void put(Entry entry) {
    lock.lock();
    try {
      while (!closed && (entries.size() >= MOST_ENTRIES || bytes >= MOST_BYTES)) {
        notFull.awaitUninterruptibly();
      }
      if (closed) {
        throw JournalException.closed();
      }
      entries.add(entry);
      bytes += entry.size();
      hurry |= entry instanceof Entry.Call;
      if (entries.size() == 1 || hurry || entries.size() == WORTH_WHILE) {
        notEmpty.signal();
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * The next ones, in order; empty once it is closed and everything has been taken.
   *
   * @param lingerNanos how long more of them may be waited for
   */
  List<Entry> take(long lingerNanos) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (entries.isEmpty()) {
        if (closed) {
          return List.of();
        }
        notEmpty.await();
      }
      long left = lingerNanos;
      while (left > 0 && !hurry && !closed && entries.size() < WORTH_WHILE) {
        left = notEmpty.awaitNanos(left);
      }
      return drain();
    } finally {
      lock.unlock();
    }
  }

  private List<Entry> drain() {
    List<Entry> taken;
    if (entries.size() <= BATCH) {
      taken = new ArrayList<>(entries);
      entries.clear();
      bytes = 0;
      hurry = false;
    } else {
      taken = new ArrayList<>(BATCH);
      for (int i = 0; i < BATCH; i++) {
        Entry entry = entries.remove();
        bytes -= entry.size();
        taken.add(entry);
      }
    }
    notFull.signalAll();
    return taken;
  }

  /** Nothing is added any more; what is there can still be taken. */
  void close() {
    lock.lock();
    try {
      closed = true;
      notEmpty.signalAll();
      notFull.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** How long to wait for more when there is much to write. */
  static final long LINGER = TimeUnit.MILLISECONDS.toNanos(2);
}
