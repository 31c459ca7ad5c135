package dev.dunes.sandbox;

import static java.util.Objects.requireNonNull;

import dev.dunes.sandbox.spi.SandboxProvider;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sandboxes kept ready, in one of two ways: {@link #claim} hands each one out once, fresh, and it
 * is destroyed afterwards; {@link #acquire} and {@link #release} share them between users who trust
 * each other. Safe for use by several threads.
 *
 * <p>Sandboxes are made and destroyed outside the pool's lock, several at a time; room for them is
 * reserved before.
 */
public final class SandboxPool implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(SandboxPool.class);
  private static final Duration LONGEST_LIFE = Duration.ofDays(365);

  private final PoolConfig config;
  private final Creation creation;
  private final TimeSource time;
  private final PoolShelf shelf;
  private final Threads threads = new Threads("sandbox-pool");
  private final AtomicBoolean started = new AtomicBoolean();

  public SandboxPool(PoolConfig config) {
    this(config, Creation.UNLIMITED, TimeSource.SYSTEM);
  }

  SandboxPool(PoolConfig config, Creation creation, TimeSource time) {
    this.config = requireNonNull(config, "config");
    this.creation = creation;
    this.time = time;
    this.shelf = new PoolShelf(config, time);
  }

  /**
   * Starts the clean-up of old ones, when {@link PoolConfig#autoCleanup()} says so. Safe to repeat.
   */
  public void start() {
    if (started.compareAndSet(false, true) && config.autoCleanup()) {
      threads.start(this::cleanUpForEver);
    }
  }

  /**
   * Starts the clean-up of old ones; an eager pool makes {@link PoolConfig#minIdle()} of this kind
   * before it returns.
   */
  public void start(SandboxProvider provider, SandboxSpec spec) {
    start();
    if (config.strategy() == PoolStrategy.EAGER) {
      keepReady(new PoolKind(provider, spec, false)).forEach(Threads::join);
    }
  }

  /**
   * Keeps {@link PoolConfig#minIdle()} fresh ones of this kind ready for {@link #claim}, made in
   * the background. Of more than 8 kinds the one asked for least recently is given up.
   *
   * @param spec without labels: a sandbox that waits here would be found by them
   */
  public void warm(SandboxProvider provider, SandboxSpec spec) {
    if (!spec.labels().isEmpty()) {
      throw InvalidRequestException.field(
          "labels",
          spec.labels(),
          "a specification without labels for sandboxes made ahead of need");
    }
    keepReady(new PoolKind(provider, spec, true));
  }

  /**
   * A sandbox nobody has had, made ahead of need if there is one; with labels, always made now.
   * Closing or destroying it is up to the caller, as with any other; it is never handed out again.
   * When the strategy is not lazy, this kind is kept ready from now on.
   *
   * @throws SandboxQuotaException {@code Pool limit reached: N} when all are taken and none is
   *     given back in time
   */
  public Sandbox claim(SandboxProvider provider, SandboxSpec spec) {
    if (spec.labels().isEmpty()) {
      Optional<PoolEntry> ready = shelf.takeFresh(provider, spec);
      if (ready.isPresent()) {
        PoolEntry entry = ready.get();
        return handOut(entry, Optional.of(threads.start(() -> renew(entry))));
      }
    }
    PoolEntry made = take(provider, spec, config.acquireTimeout(), true, entry -> false);
    return handOut(made, Optional.empty());
  }

  /**
   * One that may have been used before, until {@link #release}; waits for {@link
   * PoolConfig#acquireTimeout()}.
   */
  public Sandbox acquire(SandboxProvider provider, SandboxSpec spec) {
    return acquire(provider, spec, config.acquireTimeout());
  }

  /**
   * One that may have been used before, until {@link #release}: an idle one of the same
   * specification that carries all its labels, else a new one, if need be in place of the idle one
   * nobody has used for longest.
   *
   * @param timeout how long to wait when all are taken; zero does not wait
   * @throws SandboxQuotaException {@code Pool limit reached: N}
   */
  public Sandbox acquire(SandboxProvider provider, SandboxSpec spec, Duration timeout) {
    PoolEntry entry =
        take(provider, spec, timeout, false, e -> config.reuse() && e.suits(provider, spec));
    if (config.strategy() != PoolStrategy.LAZY) {
      keepReady(new PoolKind(provider, spec, false));
    }
    return entry.sandbox;
  }

  /**
   * Gives one back; false when it is not out. A claimed one, or one that is too old, is destroyed.
   */
  public boolean release(String id) {
    Optional<List<PoolEntry>> surplus = shelf.giveBack(id);
    surplus.ifPresent(entries -> entries.forEach(this::end));
    refill();
    return surplus.isPresent();
  }

  /** Destroys one; false when the pool does not hold it. */
  public boolean destroy(String id) {
    return shelf.find(id).map(this::retire).orElse(false);
  }

  /** Destroys all it holds, idle and busy; claimed ones that are detached are let go instead. */
  public void clear() {
    List<PoolEntry> all = shelf.removeAll(entry -> true);
    endAll(all.stream().filter(e -> !(e.claimed && e.spec.detached())).toList());
  }

  /** Those it holds that carry all these labels; none when no labels are given. */
  public List<Sandbox> findByLabels(Map<String, String> labels) {
    return shelf.entries().stream()
        .filter(e -> !labels.isEmpty() && e.spec.labels().entrySet().containsAll(labels.entrySet()))
        .map(entry -> entry.sandbox)
        .toList();
  }

  /** Destroys idle ones that are too old, unhealthy or idle for too long; how many. */
  public int cleanupExpired() {
    int destroyed = endAll(shelf.removeExpired());
    refill();
    return destroyed;
  }

  public PoolStats stats() {
    return shelf.stats();
  }

  /** Whether it has room, what it holds, and its limits. */
  public PoolHealth healthCheck() {
    PoolStats stats = stats();
    return new PoolHealth(stats.total() < config.maxTotal(), stats, config);
  }

  /**
   * Marks one as unhealthy: it is not handed out again, and destroyed once idle. False when the
   * pool does not hold it.
   */
  public boolean markUnhealthy(String id) {
    Optional<PoolEntry> held = shelf.find(id);
    held.ifPresent(shelf::markUnhealthy);
    return held.isPresent();
  }

  /**
   * Asks every sandbox it holds; the ids of those that are marked as unhealthy or do not run, which
   * then are marked.
   */
  public List<String> checkHealth() {
    List<PoolEntry> ill = shelf.entries().stream().filter(e -> !isHealthy(e)).toList();
    ill.forEach(shelf::markUnhealthy);
    return ill.stream().map(entry -> entry.sandbox.id()).toList();
  }

  /** Its limits and habits. */
  public PoolConfig config() {
    return config;
  }

  /** Ends the clean-up and does {@link #clear()}; from then on it refuses every request. */
  @Override
  public void close() {
    shelf.close();
    threads.interruptAndJoin();
    clear();
  }

  /** Waits until what was begun in the background is done; with clean-up running, for ever. */
  void awaitBackground() {
    threads.join();
  }

  /** Takes a claimed or idle one off the shelf and destroys it. */
  boolean retire(PoolEntry entry) {
    boolean held = letGo(entry);
    return held && end(entry);
  }

  /** Takes one off the shelf without destroying it. */
  boolean letGo(PoolEntry entry) {
    boolean held = shelf.remove(entry);
    refill();
    return held;
  }

  private Sandbox handOut(PoolEntry entry, Optional<Thread> renewal) {
    if (config.strategy() != PoolStrategy.LAZY && entry.spec.labels().isEmpty()) {
      keepReady(new PoolKind(entry.provider, entry.spec, true));
    } else {
      refill();
    }
    return new ClaimedSandbox(this, entry, renewal);
  }

  /** A busy entry: an idle one that will do, else a new one. */
  private PoolEntry take(
      SandboxProvider provider,
      SandboxSpec spec,
      Duration timeout,
      boolean forGood,
      Predicate<PoolEntry> willDo) {
    while (true) {
      PoolPlace place = shelf.take(timeout, willDo);
      place.victim().ifPresent(this::end);
      if (place.reusable().isEmpty()) {
        return make(provider, spec, spec.lifetime(), e -> use(e, forGood));
      }
      PoolEntry entry = place.reusable().get();
      if (renew(entry)) {
        call(config.onReuse(), entry.sandbox);
        return entry;
      }
      retire(entry); // it ended while it waited here
    }
  }

  private void use(PoolEntry entry, boolean forGood) {
    if (forGood) {
      entry.claim();
    } else {
      entry.use(time.nanos());
    }
  }

  /** Makes one in room that was taken; {@code first} happens before others see it. */
  private PoolEntry make(
      SandboxProvider provider, SandboxSpec spec, Duration lifetime, Consumer<PoolEntry> first) {
    Sandbox sandbox;
    try {
      sandbox = creation.make(provider, spec.toBuilder().lifetime(lifetime).build());
    } catch (RuntimeException | Error e) {
      shelf.creationFailed();
      throw e;
    }
    PoolEntry entry = new PoolEntry(sandbox, provider, spec, lifetime, time.nanos());
    first.accept(entry);
    boolean open = shelf.add(entry);
    call(config.onCreate(), sandbox);
    if (!open) {
      retire(entry);
      throw new SandboxStateException("the pool was closed");
    }
    return entry;
  }

  private List<Thread> keepReady(PoolKind kind) {
    shelf.keepReady(kind);
    return refill();
  }

  /** Makes what is missing, each on a thread of its own. */
  private List<Thread> refill() {
    return shelf.takeRoomForMissing().stream()
        .map(kind -> threads.start(() -> makeReady(kind)))
        .toList();
  }

  private void makeReady(PoolKind kind) {
    try {
      make(kind.provider(), kind.spec(), lifeOfReady(kind), entry -> {});
    } catch (RuntimeException e) {
      // tried again when the next one is asked for, given back or cleaned up
      LOG.warn("could not make a sandbox ahead of need at {}", kind.provider().name(), e);
    } finally {
      shelf.settled(kind);
    }
  }

  /** It may wait for a user as long as one may be idle, and then has its full lifetime. */
  private Duration lifeOfReady(PoolKind kind) {
    Duration life = kind.spec().lifetime().plus(config.idleTimeout());
    return life.compareTo(LONGEST_LIFE) < 0 ? life : LONGEST_LIFE;
  }

  /** Counts its lifetime from now; false when it is gone. */
  private boolean renew(PoolEntry entry) {
    try {
      entry.sandbox.renew(entry.spec.lifetime());
      shelf.renewed(entry);
      return true;
    } catch (UnsupportedCapabilityException e) {
      return true; // it keeps the deadline it has, which isWorn respects
    } catch (SandboxInterruptedException e) {
      throw e;
    } catch (RuntimeException e) {
      LOG.warn("could not renew sandbox {}", entry.sandbox.id(), e);
      return false;
    }
  }

  /** Destroys those taken off the shelf, all at once; how many could be. */
  private int endAll(List<PoolEntry> entries) {
    AtomicInteger ended = new AtomicInteger();
    Threads all = new Threads("sandbox-pool-end");
    entries.forEach(entry -> all.start(() -> ended.addAndGet(end(entry) ? 1 : 0)));
    all.join();
    return ended.get();
  }

  /** Destroys one taken off the shelf; false when that failed. */
  private boolean end(PoolEntry entry) {
    call(config.onDestroy(), entry.sandbox);
    boolean done = Creation.destroy(entry.sandbox);
    if (done) {
      shelf.countDestroyed();
    }
    return done;
  }

  private static boolean isHealthy(PoolEntry entry) {
    try {
      return entry.healthy && entry.sandbox.state() == SandboxState.RUNNING;
    } catch (SandboxInterruptedException e) {
      throw e;
    } catch (RuntimeException e) {
      LOG.warn("could not ask sandbox {}", entry.sandbox.id(), e);
      return false;
    }
  }

  private static void call(Consumer<Sandbox> hook, Sandbox sandbox) {
    try {
      hook.accept(sandbox);
    } catch (RuntimeException e) {
      LOG.warn("a hook of the pool failed for sandbox {}", sandbox.id(), e);
    }
  }

  private void cleanUpForEver() {
    try {
      while (true) {
        time.sleep(config.cleanupInterval());
        cleanUp();
      }
    } catch (InterruptedException e) {
      LOG.debug("clean-up of the pool ends");
    }
  }

  private void cleanUp() {
    try {
      checkHealth();
      cleanupExpired();
    } catch (RuntimeException e) {
      LOG.warn("clean-up of the pool failed", e);
    }
  }
}
