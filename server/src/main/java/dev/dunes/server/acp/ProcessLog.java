package dev.dunes.server.acp;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;

/**
 * What a process has written, the newest of it: the oldest goes first when there is too much, of
 * this process or of all. Safe for use by several threads.
 */
final class ProcessLog {
  /** What all processes together may have here. */
  private static final long ALL = 128L << 20;

  /** What each keeps in any case. */
  private static final long OWN = 64 << 10;

  private final long most;
  private final AtomicLong all;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Deque<Entry> entries = new ArrayDeque<>();
  private long sequence;
  private long bytes;
  private boolean ended;

  /**
   * A piece of output.
   *
   * @param sequence from 1
   * @param stream {@code stdout}, {@code stderr} or {@code pty}
   * @param timestampMs since 1970
   * @param data not copied, never changed
   */
  @SuppressWarnings("ArrayRecordComponent") // written once, never compared
  record Entry(long sequence, String stream, long timestampMs, byte[] data) {}

  /**
   * @param most bytes of this process
   * @param all bytes of all processes
   */
  ProcessLog(long most, AtomicLong all) {
    this.most = most;
    this.all = all;
  }

  void add(String stream, byte[] data) {
    lock.lock();
    try {
      entries.add(new Entry(++sequence, stream, System.currentTimeMillis(), data));
      bytes += data.length;
      all.addAndGet(data.length);
      while (entries.size() > 1 && (bytes > most || bytes > OWN && all.get() > ALL)) {
        drop();
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void drop() {
    long size = entries.removeFirst().data().length;
    bytes -= size;
    all.addAndGet(-size);
  }

  /** Nothing more will come. */
  void end() {
    lock.lock();
    try {
      ended = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Forgets everything. */
  void clear() {
    lock.lock();
    try {
      while (!entries.isEmpty()) {
        drop();
      }
    } finally {
      lock.unlock();
    }
  }

  /** What came after this one and is still there. */
  List<Entry> after(long since, Predicate<Entry> wanted) {
    lock.lock();
    try {
      return entries.stream().filter(e -> e.sequence() > since).filter(wanted).toList();
    } finally {
      lock.unlock();
    }
  }

  /** What came after this one; waits for it; empty when nothing more will come. */
  List<Entry> await(long since) throws InterruptedException {
    lock.lock();
    try {
      while (sequence <= since && !ended) {
        changed.await();
      }
      List<Entry> found = new ArrayList<>();
      for (Entry entry : entries) {
        if (entry.sequence() > since) {
          found.add(entry);
        }
      }
      return found;
    } finally {
      lock.unlock();
    }
  }

  /** The entry after which the last so many bytes begin. */
  long before(long lastBytes) {
    lock.lock();
    try {
      long left = lastBytes;
      long before = sequence;
      for (var newest = entries.descendingIterator(); newest.hasNext(); ) {
        Entry entry = newest.next();
        left -= entry.data().length;
        if (left < 0) {
          break;
        }
        before = entry.sequence() - 1;
      }
      return before;
    } finally {
      lock.unlock();
    }
  }
}
