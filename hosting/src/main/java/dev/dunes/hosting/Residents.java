package dev.dunes.hosting;

import dev.dunes.hosting.SandboxCondition.Phase;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/** All sandboxes that are looked after, and how many each account may run. */
final class Residents {
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<String, Entry> all = new LinkedHashMap<>();
  private final Map<String, Integer> coming = new HashMap<>();

  /**
   * Those with a token, by its hash: how long a look takes tells nothing about tokens. A token
   * never changes.
   */
  private final Map<String, Entry> byToken = new LinkedHashMap<>();

  /**
   * Takes a place for a sandbox that will run; give it back by {@link #arrived} or {@link
   * #cancelled}.
   */
  void reserve(Account account) {
    lock.lock();
    try {
      long running =
          all.values().stream()
              .filter(entry -> entry.running() && entry.order.account().equals(account.id()))
              .count();
      int most = account.limits().concurrent();
      if (running + coming.getOrDefault(account.id(), 0) >= most) {
        throw new HostingException(
            HostingException.Reason.LIMIT_REACHED,
            "you have reached the limit of %d running sandboxes; end or pause one".formatted(most));
      }
      coming.merge(account.id(), 1, Integer::sum);
    } finally {
      lock.unlock();
    }
  }

  /** The reserved place is taken by this sandbox, which runs from now on. */
  void arrived(Entry entry, SandboxCondition running) {
    lock.lock();
    try {
      entry.condition(running);
      put(entry);
      giveBack(entry.order.account());
    } finally {
      lock.unlock();
    }
  }

  /** Nobody takes the reserved place. */
  void cancelled(String account) {
    lock.lock();
    try {
      giveBack(account);
    } finally {
      lock.unlock();
    }
  }

  private void giveBack(String account) {
    coming.computeIfPresent(account, (name, count) -> count == 1 ? null : count - 1);
  }

  /** One that was there before the server was. */
  void adopt(Entry entry) {
    lock.lock();
    try {
      put(entry);
    } finally {
      lock.unlock();
    }
  }

  private void put(Entry entry) {
    all.put(entry.order.id(), entry);
    entry.order.accessToken().ifPresent(token -> byToken.put(hash(token), entry));
  }

  private static String hash(String token) {
    return HexFormat.of().formatHex(Tokens.sha256(token));
  }

  void remove(Entry entry) {
    lock.lock();
    try {
      all.remove(entry.order.id(), entry);
      entry.order.accessToken().ifPresent(token -> byToken.remove(hash(token), entry));
    } finally {
      lock.unlock();
    }
  }

  /** One an account may see. */
  Optional<Entry> find(String account, String id) {
    return find(id).filter(entry -> entry.order.account().equals(account));
  }

  /** One of any account. */
  Optional<Entry> find(String id) {
    lock.lock();
    try {
      return Optional.ofNullable(all.get(id))
          .filter(entry -> entry.condition().phase() != Phase.ENDING);
    } finally {
      lock.unlock();
    }
  }

  /** The one with this token. */
  Optional<Entry> withToken(String token) {
    String wanted = hash(token);
    lock.lock();
    try {
      return Optional.ofNullable(byToken.get(wanted))
          .filter(entry -> entry.condition().phase() != Phase.ENDING);
    } finally {
      lock.unlock();
    }
  }

  /** Those with a token. */
  List<Entry> withTokens() {
    lock.lock();
    try {
      return new ArrayList<>(byToken.values());
    } finally {
      lock.unlock();
    }
  }

  /** All, also those nobody sees any more, in the order they came. */
  List<Entry> everything() {
    lock.lock();
    try {
      return new ArrayList<>(all.values());
    } finally {
      lock.unlock();
    }
  }
}
