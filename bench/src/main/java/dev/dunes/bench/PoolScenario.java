package dev.dunes.bench;

import dev.dunes.sandbox.PoolConfig;
import dev.dunes.sandbox.PoolStrategy;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxPool;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/** A sandbox that was made ahead of need. */
final class PoolScenario implements Scenario {
  static final String CLAIM = "claim from a pool";
  static final String FIRST = "claim, run /bin/true";
  private static final int READY = 4;
  private static final long LOOK_NANOS = 500_000;
  private static final long FILL_LIMIT_NANOS = 20_000_000_000L;

  @Override
  public String name() {
    return "pool";
  }

  @Override
  public String title() {
    return "Claim from a pool";
  }

  @Override
  public String method() {
    return "`SandboxPool.claim` with "
        + READY
        + " fresh ones ready, alone and with a first `/bin/true`; the pool makes the next one meanwhile. Beside it"
        + " plain bubblewrap, which has no pool, from nothing.";
  }

  @Override
  public List<Series> run(Bench bench) throws IOException, InterruptedException {
    SeriesBuilder series = new SeriesBuilder(BubblewrapEngine.NAME);
    PoolConfig config =
        PoolConfig.builder()
            .strategy(PoolStrategy.EAGER)
            .minIdle(READY)
            .maxIdle(READY)
            .maxTotal(4 * READY)
            .acquireTimeout(Duration.ofSeconds(20))
            .autoCleanup(false)
            .build();
    try (SandboxPool pool = new SandboxPool(config)) {
      pool.warm(bench.provider(), DunesEngine.SPEC);
      int warmUp = bench.rounds(50, 2);
      int rounds = bench.rounds(300, 10);
      for (int round = -warmUp; round < rounds; round++) {
        awaitFull(pool);
        long start = System.nanoTime();
        Sandbox sandbox = pool.claim(bench.provider(), DunesEngine.SPEC);
        long claimed = System.nanoTime();
        DunesEngine.execTrue(sandbox);
        long ran = System.nanoTime();
        sandbox.close();
        awaitFull(pool);
        long plain = System.nanoTime();
        Engine.Remains remains = bench.bubblewrap().runTrue();
        long plainRan = System.nanoTime();
        remains.remove();
        if (round >= 0) {
          series.add(CLAIM, DunesEngine.NAME, Unit.MILLISECONDS, (claimed - start) / 1e6);
          series.add(FIRST, DunesEngine.NAME, Unit.MILLISECONDS, (ran - start) / 1e6);
          series.add(FIRST, BubblewrapEngine.NAME, Unit.MILLISECONDS, (plainRan - plain) / 1e6);
        }
      }
    }
    return series.build();
  }

  /** Only what a pool is for is timed: one that has been emptied creates. */
  private static void awaitFull(SandboxPool pool) throws IOException {
    long deadline = System.nanoTime() + FILL_LIMIT_NANOS;
    while (pool.stats().idle() < READY) {
      if (System.nanoTime() - deadline > 0) {
        throw new IOException("the pool does not fill: " + pool.stats());
      }
      LockSupport.parkNanos(LOOK_NANOS);
    }
  }
}
