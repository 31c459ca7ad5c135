package dev.dunes.hosting;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Whose build is next: so many run at once, accounts take turns, and the builds of one account go
 * in their order. Safe for use by several threads.
 */
final class BuildTurns {
  private final int atOnce;
  private final int mostOfAccount;
  private final ReentrantLock lock = new ReentrantLock();

  /** Those that wait, by account; the account whose turn is next comes first. */
  private final Map<String, Deque<Place>> waiting = new LinkedHashMap<>();

  /** How many of each account wait or run. */
  private final Map<String, Integer> open = new HashMap<>();

  private int running;

  /**
   * @param atOnce how many run at once
   * @param mostOfAccount how many of one account wait or run
   */
  BuildTurns(int atOnce, int mostOfAccount) {
    this.atOnce = atOnce;
    this.mostOfAccount = mostOfAccount;
  }

  /** One build's place; to be closed by who has it, whether it ran or not. */
  final class Place implements AutoCloseable {
    private final String account;
    private final CountDownLatch turn = new CountDownLatch(1);
    private boolean closed;

    private Place(String account) {
      this.account = account;
    }

    /** Waits for its turn. */
    void await() throws InterruptedException {
      turn.await();
    }

    @Override
    public void close() {
      leave(this);
    }
  }

  /**
   * Takes the last place of an account.
   *
   * @throws HostingException of reason {@code LIMIT_REACHED} when the account has too many
   */
  Place enter(String account) {
    lock.lock();
    try {
      if (open.getOrDefault(account, 0) >= mostOfAccount) {
        throw new HostingException(
            HostingException.Reason.LIMIT_REACHED,
            "you have reached the limit of %d builds that wait or run; wait for one to end, or delete its template"
                .formatted(mostOfAccount));
      }
      open.merge(account, 1, Integer::sum);
      Place place = new Place(account);
      waiting.computeIfAbsent(account, name -> new ArrayDeque<>()).addLast(place);
      grant();
      return place;
    } finally {
      lock.unlock();
    }
  }

  private void leave(Place place) {
    lock.lock();
    try {
      if (place.closed) {
        return;
      }
      place.closed = true;
      open.computeIfPresent(place.account, (name, count) -> count == 1 ? null : count - 1);
      Deque<Place> others = waiting.get(place.account);
      if (others != null && others.remove(place)) {
        if (others.isEmpty()) {
          waiting.remove(place.account);
        }
      } else {
        running--;
        grant();
      }
    } finally {
      lock.unlock();
    }
  }

  private void grant() {
    while (running < atOnce && !waiting.isEmpty()) {
      Iterator<Map.Entry<String, Deque<Place>>> accounts = waiting.entrySet().iterator();
      Map.Entry<String, Deque<Place>> first = accounts.next();
      String account = first.getKey();
      Deque<Place> places = first.getValue();
      accounts.remove();
      Place next = places.removeFirst();
      if (!places.isEmpty()) {
        waiting.put(account, places); // behind all others
      }
      running++;
      next.turn.countDown();
    }
  }
}
