package dev.dunes.hosting;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/** What happened lately: the last thousand events of each account, while the server runs. */
public final class EventLog {
  /** How many of an account are kept. */
  public static final int KEPT = 1000;

  private final ReentrantLock lock = new ReentrantLock();
  private final Map<String, Deque<HostingEvent>> byAccount = new HashMap<>();
  private final Consumer<HostingEvent> listener;

  EventLog(Consumer<HostingEvent> listener) {
    this.listener = listener;
  }

  void add(HostingEvent event) {
    lock.lock();
    try {
      Deque<HostingEvent> events =
          byAccount.computeIfAbsent(event.account(), a -> new ArrayDeque<>());
      events.addFirst(event);
      if (events.size() > KEPT) {
        events.removeLast();
      }
    } finally {
      lock.unlock();
    }
    listener.accept(event);
  }

  /**
   * The newest events first.
   *
   * @param sandbox of this one only
   * @param most how many at most
   */
  public List<HostingEvent> newest(Account account, Optional<String> sandbox, int most) {
    lock.lock();
    try {
      return new ArrayList<>(byAccount.getOrDefault(account.id(), new ArrayDeque<>()))
          .stream()
              .filter(e -> sandbox.isEmpty() || e.sandboxId().equals(sandbox.get()))
              .limit(most)
              .toList();
    } finally {
      lock.unlock();
    }
  }
}
