package dev.dunes.provider.cloud;

import dev.dunes.guest.SandboxLock;
import dev.dunes.guest.Uninterrupted;
import dev.dunes.sandbox.SandboxAuthenticationException;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxInterruptedException;
import dev.dunes.sandbox.SandboxNotFoundException;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.SandboxState;
import dev.dunes.sandbox.spi.ProviderSettings;
import java.net.URI;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sandboxes at a vendor who keeps no list, no labels and no deadlines, and takes ids of ours. A
 * sandbox is stored here before the vendor hears of it, and forgotten after it has ended there, so
 * that none is ever unknown. One whose time is over is ended by whichever program of this user
 * looks first: when a provider is opened, when sandboxes are listed or looked at, and at its
 * deadline while any provider is open. When none is, nobody ends it before the next one.
 */
public final class OwnSandboxes implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(OwnSandboxes.class);
  private static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);
  private static final Duration SHORTEST_PAUSE = Duration.ofMillis(100);

  /** RFC 4648 base32 in small letters: what ids of vendors have in common. */
  private static final String ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";

  private static final int ID_LENGTH = 20;
  private static final SecureRandom RANDOM = new SecureRandom();

  private final String provider;
  private final OwnRecords records;
  private final Consumer<String> ender;
  private final ReentrantLock passing = new ReentrantLock();
  private final Semaphore bell = new Semaphore(0);
  private final Thread thread = Thread.ofVirtual().name("cloud-reaper").unstarted(this::run);

  /** By their ids. */
  private final Latecomers latecomers = new Latecomers();

  private volatile boolean closed;

  /**
   * @param base the vendor's address
   * @param ender ends a sandbox at the vendor, also one that is not there; throws a {@link
   *     SandboxException} when it is not sure
   */
  public OwnSandboxes(
      ProviderSettings settings, String provider, URI base, Consumer<String> ender) {
    this.provider = provider;
    this.records = OwnRecords.open(settings, provider, base);
    this.ender = ender;
    thread.start();
  }

  /** An id nobody has had: 20 letters and digits from 2 to 7, 100 random bits. */
  public static String newId() {
    StringBuilder id = new StringBuilder();
    while (id.length() < ID_LENGTH) {
      id.append(ALPHABET.charAt(RANDOM.nextInt(ALPHABET.length())));
    }
    return id.toString();
  }

  // ---- making ----

  /**
   * Makes one: stores it, then has the vendor make it. When that fails it is ended there; when that
   * fails, too, it stays stored and is ended later.
   *
   * @param mark as in {@link CloudProvider#make}
   * @param first what makes it at the vendor
   */
  public OwnRecord make(String id, SandboxSpec spec, String mark, Runnable first) {
    try (SandboxLock lock = records.create(id, spec, mark)) {
      try {
        first.run();
        return records.running(lock);
      } catch (RuntimeException | Error e) {
        ClearingAway.run(() -> undo(lock, e));
        throw e;
      }
    } finally {
      bell.release();
    }
  }

  private void undo(SandboxLock lock, Throwable failure) {
    String id = lock.directory().id();
    try {
      if (!(failure instanceof SandboxAuthenticationException)) {
        ender.accept(id);
      }
      records.delete(lock);
      if (CloudProvider.mayComeLater(failure)) {
        latecomers.expect(
            id,
            () -> {
              ender.accept(id);
              return false; // nobody can say whether there was one: it is ended again and again
            });
      }
    } catch (SandboxException e) {
      LOG.error("{}: sandbox {} may be left; it is ended later", provider, id, e);
      failure.addSuppressed(e);
    }
  }

  /**
   * The ids of those that {@link #make} stored with this mark and that are not known to be gone.
   */
  public List<String> marked(String mark) {
    return records.marked(mark);
  }

  // ---- finding ----

  /**
   * A sandbox that is not over; one that is, is ended. No call to the vendor otherwise.
   *
   * @throws dev.dunes.sandbox.ProviderException when its record cannot be read
   */
  public Optional<OwnRecord> find(String id) {
    Optional<OwnRecord> found = look(id);
    if (found.filter(record -> record.problem().isPresent()).isPresent()) {
      throw records.unreadable(id);
    }
    return found;
  }

  /**
   * The same; one whose record cannot be read has a {@link OwnRecord#problem}. One that is over and
   * cannot be ended now is not found, but listed until it has ended.
   */
  public Optional<OwnRecord> look(String id) {
    if (records.over(id)) {
      try {
        endIfOver(id);
      } catch (SandboxException e) {
        LOG.warn("{}: sandbox {} cannot be ended now", provider, id, e);
      }
    }
    return records
        .find(id)
        .filter(record -> record.state() == SandboxState.CREATING || !records.over(id));
  }

  /**
   * All that are not over, those that cannot be ended now, and those whose record cannot be read.
   */
  public List<OwnRecord> all() {
    pass();
    return records.all();
  }

  // ---- time ----

  /** Sets its deadline. */
  public void renew(String id, Duration lifetime, Supplier<SandboxNotFoundException> gone) {
    try (SandboxLock lock = records.lock(id).orElseThrow(gone)) {
      records.renew(lock, lifetime);
    }
    bell.release();
  }

  // ---- ending ----

  /** Ends it at the vendor, then forgets it; false when there was none. */
  public boolean end(String id) {
    Optional<SandboxLock> lock = records.lock(id);
    if (lock.isEmpty()) {
      return false;
    }
    try (SandboxLock held = lock.get()) {
      endHeld(held, id);
      return true;
    }
  }

  private void endIfOver(String id) {
    Optional<SandboxLock> lock = records.tryLock(id);
    if (lock.isEmpty()) {
      return; // somebody is making, changing or ending it
    }
    try (SandboxLock held = lock.get()) {
      if (records.over(id)) {
        LOG.debug("{}: ending sandbox {}, whose time is over or whose maker is gone", provider, id);
        endHeld(held, id);
      }
    }
  }

  private void endHeld(SandboxLock held, String id) {
    records.ending(held);
    ender.accept(id);
    records.delete(held);
  }

  /** Ends all that are over. When the vendor does not answer, the rest is for a later pass. */
  private Optional<Instant> pass() {
    try {
      passing.lockInterruptibly();
    } catch (InterruptedException e) {
      throw new SandboxInterruptedException("looking for sandboxes whose time is over", e);
    }
    try {
      return Uninterrupted.run(this::passOver);
    } finally {
      passing.unlock();
    }
  }

  private Optional<Instant> passOver() {
    records.sweep();
    Optional<Instant> next = Optional.empty();
    for (OwnRecord record : records.all()) {
      if (records.over(record.id())) {
        try {
          endIfOver(record.id());
        } catch (SandboxException e) {
          if (closed) {
            return next;
          }
          LOG.warn("{}: sandbox {} cannot be ended now", provider, record.id(), e);
          return next;
        }
      } else if (record.deadline().isPresent()) {
        Instant deadline = record.deadline().get();
        next = Optional.of(next.filter(deadline::isAfter).orElse(deadline));
      }
    }
    return next;
  }

  private void run() {
    try {
      while (!closed) {
        Optional<Instant> next = Optional.empty();
        try {
          next = pass();
        } catch (SandboxException e) {
          LOG.debug("{}: cannot look for sandboxes whose time is over", provider, e);
        }
        Duration pause =
            next.map(deadline -> Duration.between(Instant.now(), deadline))
                .filter(left -> left.compareTo(LONGEST_PAUSE) < 0)
                .orElse(LONGEST_PAUSE);
        if (pause.compareTo(SHORTEST_PAUSE) < 0) {
          pause = SHORTEST_PAUSE;
        }
        if (bell.tryAcquire(pause.toMillis(), TimeUnit.MILLISECONDS)) {
          bell.drainPermits();
        }
      }
    } catch (InterruptedException e) {
      LOG.trace("closed"); // by close(), and nobody else knows this thread
    }
  }

  /** Stops looking. What is over then is for the next program. */
  @Override
  public void close() {
    latecomers.close();
    closed = true;
    bell.release();
    thread.interrupt();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // it has been told to end, and ends
    }
  }
}
