package dev.dunes.sandbox;

import java.time.Duration;
import java.util.function.Consumer;

/** Builds a {@link PoolConfig}; starts from its defaults. Not safe for use by several threads. */
public final class PoolConfigBuilder {
  private int minIdle;
  private int maxTotal = 10;
  private int maxIdle = 5;
  private Duration sandboxTtl = Duration.ofHours(1);
  private Duration idleTimeout = Duration.ofMinutes(10);
  private Duration acquireTimeout = Duration.ofSeconds(30);
  private PoolStrategy strategy = PoolStrategy.LAZY;
  private boolean reuse = true;
  private boolean autoCleanup = true;
  private Duration cleanupInterval = Duration.ofMinutes(1);
  private Consumer<Sandbox> onCreate = sandbox -> {};
  private Consumer<Sandbox> onDestroy = sandbox -> {};
  private Consumer<Sandbox> onReuse = sandbox -> {};

  PoolConfigBuilder() {}

  public PoolConfigBuilder minIdle(int count) {
    minIdle = count;
    return this;
  }

  public PoolConfigBuilder maxTotal(int count) {
    maxTotal = count;
    return this;
  }

  public PoolConfigBuilder maxIdle(int count) {
    maxIdle = count;
    return this;
  }

  public PoolConfigBuilder sandboxTtl(Duration age) {
    sandboxTtl = age;
    return this;
  }

  public PoolConfigBuilder idleTimeout(Duration idle) {
    idleTimeout = idle;
    return this;
  }

  public PoolConfigBuilder acquireTimeout(Duration wait) {
    acquireTimeout = wait;
    return this;
  }

  public PoolConfigBuilder strategy(PoolStrategy value) {
    strategy = value;
    return this;
  }

  public PoolConfigBuilder reuse(boolean value) {
    reuse = value;
    return this;
  }

  public PoolConfigBuilder autoCleanup(boolean value) {
    autoCleanup = value;
    return this;
  }

  public PoolConfigBuilder cleanupInterval(Duration interval) {
    cleanupInterval = interval;
    return this;
  }

  public PoolConfigBuilder onCreate(Consumer<Sandbox> hook) {
    onCreate = hook;
    return this;
  }

  public PoolConfigBuilder onDestroy(Consumer<Sandbox> hook) {
    onDestroy = hook;
    return this;
  }

  public PoolConfigBuilder onReuse(Consumer<Sandbox> hook) {
    onReuse = hook;
    return this;
  }

  public PoolConfig build() {
    return new PoolConfig(
        minIdle,
        maxTotal,
        maxIdle,
        sandboxTtl,
        idleTimeout,
        acquireTimeout,
        strategy,
        reuse,
        autoCleanup,
        cleanupInterval,
        onCreate,
        onDestroy,
        onReuse);
  }
}
