package dev.dunes.hosting;

import dev.dunes.sandbox.Assigning;
import dev.dunes.sandbox.Placement;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxInfo;
import dev.dunes.sandbox.SandboxInterruptedException;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.Sandboxes;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sandboxes made ahead of need, for what was asked for twice lately: the next one of that kind is
 * there at once. Nobody has run anything in one that waits here, and it is given away once. Those
 * that wait are in no ledger; they end by themselves when this server is killed.
 */
final class Spares implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Spares.class);

  /** On one that waits. */
  static final String LABEL = "dunes.waits";

  /** How long one waits, and how long a kind is remembered that nobody asks for. */
  static final Duration PATIENCE = Duration.ofMinutes(10);

  private static final Duration SPARE_LIFETIME = PATIENCE.plusMinutes(5);

  /**
   * How long after one was asked for the next is made: what is done first in the one that was asked
   * for shall not compete with that for the processors.
   */
  private static final Duration CALM = Duration.ofMillis(50);

  /** Of more kinds the one nobody has asked for longest is forgotten. */
  static final int KINDS = 8;

  private final Supplier<Sandboxes> sandboxes;
  private final int most;
  private final String ledger;
  private final LongSupplier clock;

  /** Tells those of this server from those of one that was killed. */
  private final String server = Tokens.id("");

  private final ExecutorService makers =
      Executors.newThreadPerTaskExecutor(
          Thread.ofVirtual().name("dunes-hosting-spare-", 0).factory());
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<Kind, Shelf> shelves = new LinkedHashMap<>(16, 0.75f, true);
  private boolean closed;

  /** What can take each other's place. */
  private record Kind(String provider, SandboxSpec shape) {}

  private record Spare(Sandbox sandbox, long since) {}

  /** Those of a kind that wait, the oldest first, and how many are being made. */
  private static final class Shelf {
    final Deque<Spare> ready = new ArrayDeque<>();
    int making;
    long asked;

    Shelf(long asked) {
      this.asked = asked;
    }
  }

  /**
   * @param most how many wait of a kind; 0 for none
   * @param ledger whose they are
   */
  Spares(Supplier<Sandboxes> sandboxes, int most, String ledger) {
    this(sandboxes, most, ledger, System::nanoTime);
  }

  /**
   * @param clock as {@link System#nanoTime}
   */
  Spares(Supplier<Sandboxes> sandboxes, int most, String ledger, LongSupplier clock) {
    this.sandboxes = sandboxes;
    this.most = most;
    this.ledger = ledger;
    this.clock = clock;
  }

  private boolean over(long since) {
    return clock.getAsLong() - since > PATIENCE.toNanos();
  }

  /** One of this specification: one that waits, or else a new one. */
  Sandbox get(String provider, SandboxSpec spec) {
    if (most == 0 || !suitable(spec)) {
      return create(provider, spec);
    }
    Kind kind = new Kind(provider, spec.shape());
    boolean again = ask(kind);
    Sandbox sandbox = ready(kind, spec).orElseGet(() -> create(provider, spec));
    if (again && sandbox.assigning().isPresent()) {
      fill(kind);
    }
    return sandbox;
  }

  /** What stays on a sandbox's outside is opened for one of them alone. */
  private static boolean suitable(SandboxSpec spec) {
    return spec.detached()
        && spec.relays().isEmpty()
        && spec.mounts().isEmpty()
        && spec.volumes().isEmpty();
  }

  private Sandbox create(String provider, SandboxSpec spec) {
    return sandboxes.get().create(spec, Placement.at(provider));
  }

  /** Whether this kind was asked for before. */
  private boolean ask(Kind kind) {
    List<Spare> given = new ArrayList<>();
    lock.lock();
    try {
      Shelf known = shelves.get(kind);
      if (known != null) {
        known.asked = clock.getAsLong();
        return true;
      }
      shelves.put(kind, new Shelf(clock.getAsLong()));
      if (shelves.size() > KINDS) {
        Iterator<Shelf> oldest = shelves.values().iterator();
        given.addAll(oldest.next().ready);
        oldest.remove();
      }
      return false;
    } finally {
      lock.unlock();
      end(given);
    }
  }

  private Optional<Sandbox> ready(Kind kind, SandboxSpec spec) {
    for (Optional<Spare> spare = take(kind); spare.isPresent(); spare = take(kind)) {
      Sandbox sandbox = spare.get().sandbox();
      boolean given = false;
      try {
        Assigning assigning = sandbox.assigning().orElseThrow();
        Sandbox assigned = assigning.assign(spec);
        given = true;
        return Optional.of(assigned);
      } catch (SandboxInterruptedException e) {
        throw e;
      } catch (SandboxException e) {
        LOG.debug("sandbox {} has waited, and is of no use", sandbox.id(), e);
      } finally {
        if (!given) {
          end(List.of(spare.get()));
        }
      }
    }
    return Optional.empty();
  }

  private Optional<Spare> take(Kind kind) {
    lock.lock();
    try {
      Shelf shelf = shelves.get(kind);
      return shelf == null ? Optional.empty() : Optional.ofNullable(shelf.ready.pollFirst());
    } finally {
      lock.unlock();
    }
  }

  /** Has those made that are missing; returns at once. */
  private void fill(Kind kind) {
    lock.lock();
    try {
      Shelf shelf = shelves.get(kind);
      while (!closed && shelf != null && shelf.ready.size() + shelf.making < most) {
        makers.execute(() -> make(kind, shelf));
        shelf.making++;
      }
    } catch (RejectedExecutionException e) {
      LOG.debug("closed while something was asked for", e);
    } finally {
      lock.unlock();
    }
  }

  private void make(Kind kind, Shelf shelf) {
    Optional<Sandbox> made = Optional.empty();
    try {
      Thread.sleep(CALM);
      made =
          Optional.of(
              create(
                  kind.provider(),
                  kind.shape().toBuilder()
                      .label(Ledger.LABEL_LEDGER, ledger)
                      .label(LABEL, server)
                      .lifetime(SPARE_LIFETIME)
                      .build()));
    } catch (InterruptedException | SandboxInterruptedException e) {
      LOG.debug("closed while a sandbox was made ahead of need");
    } catch (RuntimeException e) {
      // Tried again when the next one is asked for, who then hears of it.
      LOG.warn("could not make a sandbox ahead of need at {}", kind.provider(), e);
    } finally {
      made.ifPresentOrElse(
          sandbox -> put(kind, shelf, new Spare(sandbox, clock.getAsLong())), () -> failed(shelf));
    }
  }

  private void failed(Shelf shelf) {
    lock.lock();
    try {
      shelf.making--;
    } finally {
      lock.unlock();
    }
  }

  private void put(Kind kind, Shelf shelf, Spare spare) {
    boolean kept;
    lock.lock();
    try {
      shelf.making--;
      kept = !closed && shelves.get(kind) == shelf;
      if (kept) {
        shelf.ready.addLast(spare);
      }
    } finally {
      lock.unlock();
    }
    if (!kept) {
      end(List.of(spare));
    }
  }

  /** How many wait, and would be given away now. */
  int ready() {
    lock.lock();
    try {
      return shelves.values().stream().mapToInt(shelf -> shelf.ready.size()).sum();
    } finally {
      lock.unlock();
    }
  }

  /** Whether it waits here, or did when it was looked at. */
  boolean waits(SandboxInfo sandbox) {
    return server.equals(sandbox.labels().get(LABEL));
  }

  /** Whether it waits for a server of this ledger that is no more. */
  boolean left(SandboxInfo sandbox) {
    return sandbox.labels().containsKey(LABEL) && !waits(sandbox);
  }

  /** Ends those that have waited too long, or are of a kind nobody asks for. */
  void sweep() {
    end(takeOut(shelf -> over(shelf.asked), spare -> over(spare.since())));
  }

  private List<Spare> takeOut(Predicate<Shelf> whole, Predicate<Spare> single) {
    List<Spare> out = new ArrayList<>();
    lock.lock();
    try {
      shelves
          .values()
          .removeIf(shelf -> {
            boolean gone = whole.test(shelf);
            shelf.ready.removeIf(spare -> (gone || single.test(spare)) && out.add(spare));
            return gone;
          });
    } finally {
      lock.unlock();
    }
    return out;
  }

  private static void end(List<Spare> spares) {
    for (Spare spare : spares) {
      try (Sandbox sandbox = spare.sandbox()) {
        sandbox.destroy();
      } catch (SandboxException e) {
        LOG.warn("sandbox {} ends later by itself: {}", spare.sandbox().id(), e.getMessage());
      }
    }
  }

  /** Ends them all. */
  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
    } finally {
      lock.unlock();
    }
    makers.shutdownNow();
    makers.close();
    end(takeOut(shelf -> true, spare -> true));
  }
}
