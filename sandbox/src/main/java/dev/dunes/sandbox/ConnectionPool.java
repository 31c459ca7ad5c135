package dev.dunes.sandbox;

import static java.util.Objects.requireNonNull;

import dev.dunes.sandbox.spi.SandboxProvider;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * The sandboxes of one provider, one for each set of labels, shared by all who ask with equal
 * labels, also at the same time. Those who ask without labels never share. For exclusive use see
 * {@link SandboxPool}. Safe for use by several threads.
 */
public final class ConnectionPool implements AutoCloseable {
  private final SandboxProvider provider;
  private final ConnectionPoolConfig config;
  private final TimeSource time;
  private final ReentrantLock lock = new ReentrantLock();
  private final KeyedLocks<String> creations = new KeyedLocks<>(Comparator.<String>naturalOrder());
  private final List<Connection> connections = new ArrayList<>();
  private int reserved;
  private long created;

  public ConnectionPool(SandboxProvider provider) {
    this(provider, ConnectionPoolConfig.DEFAULT);
  }

  public ConnectionPool(SandboxProvider provider, ConnectionPoolConfig config) {
    this(provider, config, TimeSource.SYSTEM);
  }

  ConnectionPool(SandboxProvider provider, ConnectionPoolConfig config, TimeSource time) {
    this.provider = requireNonNull(provider, "provider");
    this.config = requireNonNull(config, "config");
    this.time = time;
  }

  /**
   * The sandbox of these labels, else a new one, if need be in place of the one idle for longest.
   *
   * @throws SandboxQuotaException {@code Connection pool limit reached: N}
   */
  public Sandbox getOrCreate(SandboxSpec spec) {
    if (spec.labels().isEmpty()) {
      return create(spec);
    }
    // one creation per set of labels, others with the same labels wait for it
    return creations.holding(
        List.of(new TreeMap<>(spec.labels()).toString()),
        ManagerOptions.DEFAULT.creationWait(),
        () -> known(spec.labels()).orElseGet(() -> create(spec)));
  }

  /** Says that one is not needed any more; false when the pool does not hold it. */
  public boolean release(Sandbox sandbox) {
    return locked(() -> {
      Optional<Connection> held = first(c -> c.sandbox.id().equals(sandbox.id()));
      held.ifPresent(connection -> {
        connection.idle = true;
        connection.lastUsed = time.nanos();
      });
      return held.isPresent();
    });
  }

  /** Destroys idle ones that are too old; how many. */
  public int cleanupExpired() {
    return destroy(c -> c.idle && isOver(c.createdAt, config.ttl()));
  }

  /** Destroys those idle for too long; how many. */
  public int cleanupIdle() {
    return destroy(c -> c.idle && isOver(c.lastUsed, config.maxIdleTime()));
  }

  public ConnectionMetrics metrics() {
    return locked(() -> {
      int idle = (int) connections.stream().filter(c -> c.idle).count();
      return new ConnectionMetrics(created, connections.size(), idle, connections.size() - idle);
    });
  }

  /** Destroys all it holds. */
  @Override
  public void close() {
    destroy(c -> true);
  }

  private Optional<Sandbox> known(Map<String, String> labels) {
    return locked(() -> {
      Optional<Connection> shared = first(c -> c.labels.equals(labels));
      shared.ifPresent(connection -> {
        connection.idle = false;
        connection.lastUsed = time.nanos();
      });
      return shared.map(c -> c.sandbox);
    });
  }

  private Sandbox create(SandboxSpec spec) {
    locked(this::reserve).ifPresent(evicted -> Creation.destroy(evicted.sandbox));
    try {
      Sandbox sandbox = Creation.UNLIMITED.make(provider, spec);
      return locked(() -> {
        created++;
        connections.add(new Connection(sandbox, spec.labels(), time.nanos()));
        return sandbox;
      });
    } finally {
      locked(() -> reserved--);
    }
  }

  /** Takes room for one more; gives the connection that must go for it. */
  private Optional<Connection> reserve() {
    Optional<Connection> evicted = Optional.empty();
    if (connections.size() + reserved >= config.maxConnections()) {
      evicted =
          connections.stream().filter(c -> c.idle).min(Comparator.comparingLong(c -> c.lastUsed));
      if (evicted.isEmpty()) {
        throw new SandboxQuotaException(
            "Connection pool limit reached: " + config.maxConnections(),
            ErrorDetails.remedy("release sandboxes, or raise maxConnections")
                .withProvider(provider.name()));
      }
      connections.remove(evicted.get());
    }
    reserved++;
    return evicted;
  }

  /** One that cannot be destroyed does not keep the others. */
  private int destroy(Predicate<Connection> condition) {
    List<Connection> over =
        locked(() -> {
          List<Connection> chosen = connections.stream().filter(condition).toList();
          connections.removeAll(chosen);
          return chosen;
        });
    return (int) over.stream().filter(c -> Creation.destroy(c.sandbox)).count();
  }

  private boolean isOver(long since, Duration limit) {
    return time.nanos() - since > limit.toNanos();
  }

  private Optional<Connection> first(Predicate<Connection> condition) {
    return connections.stream().filter(condition).findFirst();
  }

  private <T> T locked(Supplier<T> work) {
    lock.lock();
    try {
      return work.get();
    } finally {
      lock.unlock();
    }
  }

  private static final class Connection {
    final Sandbox sandbox;
    final Map<String, String> labels;
    final long createdAt;
    long lastUsed;
    boolean idle;

    Connection(Sandbox sandbox, Map<String, String> labels, long now) {
      this.sandbox = sandbox;
      this.labels = labels;
      this.createdAt = now;
      this.lastUsed = now;
    }
  }
}
