package dev.dunes.scripted;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;

/** The latest requests, so many that a test finds its own and the memory does not run full. */
final class Recordings {
  private static final int MOST = 20_000;
  private static final long MOST_BYTES = 256L << 20;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition change = lock.newCondition();
  private final Deque<Recording> all = new ArrayDeque<>();
  private long bytes;

  Recording begin(HttpRequest request) {
    Recording recording = new Recording(request, this::changed);
    lock.lock();
    try {
      all.addLast(recording);
      bytes += recording.size();
      while (all.size() > MOST || (bytes > MOST_BYTES && all.size() > 1)) {
        bytes -= all.removeFirst().size();
      }
      change.signalAll();
    } finally {
      lock.unlock();
    }
    return recording;
  }

  private void changed() {
    lock.lock();
    try {
      change.signalAll();
    } finally {
      lock.unlock();
    }
  }

  List<RecordedRequest> snapshot() {
    lock.lock();
    try {
      return all.stream().map(Recording::snapshot).toList();
    } finally {
      lock.unlock();
    }
  }

  void clear() {
    lock.lock();
    try {
      all.clear();
      bytes = 0;
    } finally {
      lock.unlock();
    }
  }

  /** Waits for a request of which something is true. */
  Optional<RecordedRequest> await(Predicate<RecordedRequest> wanted, Duration limit)
      throws InterruptedException {
    long left = limit.toNanos();
    lock.lock();
    try {
      while (true) {
        Optional<RecordedRequest> found =
            all.stream().map(Recording::snapshot).filter(wanted).findFirst();
        if (found.isPresent() || left <= 0) {
          return found;
        }
        left = change.awaitNanos(left);
      }
    } finally {
      lock.unlock();
    }
  }
}
