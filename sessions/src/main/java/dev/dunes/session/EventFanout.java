package dev.dunes.session;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Gives the events of one run to its subscriptions: the run's thread waits for the slowest. Before
 * the first subscription of an attended run the first event waits.
 */
final class EventFanout {
  private final boolean unattended;
  private final Runnable abandoned;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final List<EventQueue> queues = new ArrayList<>();
  private boolean everHeard;
  private @Nullable RunEvent last;

  /**
   * @param unattended whether events go nowhere while nobody listens
   * @param abandoned called when the last subscription of an attended run leaves early
   */
  EventFanout(boolean unattended, Runnable abandoned) {
    this.unattended = unattended;
    this.abandoned = abandoned;
  }

  RunSubscription subscribe() {
    lock.lock();
    try {
      EventQueue queue = new EventQueue(this);
      if (last != null) {
        queue.last(last, 0);
      }
      queues.add(queue);
      everHeard = true;
      changed.signalAll();
      return queue;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Gives an event to everybody; waits while somebody's queue is full.
   *
   * @return false when it could not be given to somebody for 300 s
   */
  boolean publish(RunEvent event) throws InterruptedException {
    Optional<List<EventQueue>> listening = awaitListeners();
    if (listening.isEmpty()) {
      return false;
    }
    long size = size(event);
    for (EventQueue queue : listening.get()) {
      if (!queue.offer(event, size, EventQueue.stallNanos())) {
        return false;
      }
    }
    return true;
  }

  /** Gives the last event to everybody, whether or not they have room; never waits. */
  void end(RunEvent event) {
    lock.lock();
    try {
      last = event;
      queues.forEach(queue -> queue.last(event, 0));
    } finally {
      lock.unlock();
    }
  }

  private Optional<List<EventQueue>> awaitListeners() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      long left = EventQueue.stallNanos();
      while (!unattended && !everHeard) {
        if (left <= 0) {
          return Optional.empty();
        }
        left = changed.awaitNanos(left);
      }
      return Optional.of(List.copyOf(queues));
    } finally {
      lock.unlock();
    }
  }

  void left(EventQueue queue, boolean early) {
    boolean alone;
    lock.lock();
    try {
      queues.remove(queue);
      alone = early && queues.isEmpty() && !unattended && last == null;
    } finally {
      lock.unlock();
    }
    if (alone) {
      abandoned.run();
    }
  }

  /** What an event holds in memory while it waits, roughly. */
  private static long size(RunEvent event) {
    return switch (event) {
      case RunEvent.Message message -> message.json().length;
      case RunEvent.Result result -> result.json().length;
      case RunEvent.GeneratedFile file -> file.data().map(data -> data.length).orElse(0) + 256L;
      case RunEvent.Stderr text -> text.text().length();
      case RunEvent.Stdout line -> line.line().length();
      case RunEvent.Warning warning -> warning.message().length();
      case RunEvent.Failure failure -> failure.message().length();
    };
  }
}
