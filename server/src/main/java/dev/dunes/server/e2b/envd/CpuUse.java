package dev.dunes.server.e2b.envd;

import dev.dunes.sandbox.SandboxMetrics;
import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;

/** How busy a sandbox was since somebody last asked. Safe for use by several threads. */
final class CpuUse {
  private static final double PERCENT = 100;
  private static final double HUNDREDTHS = 100;

  private final ReentrantLock lock = new ReentrantLock();
  private Duration cpuTime = Duration.ZERO;
  private Duration uptime = Duration.ZERO;

  /** Percent of the cores it may use, with two digits after the point. */
  double percent(SandboxMetrics now, double cores) {
    lock.lock();
    try {
      double spent = now.cpuTime().minus(cpuTime).toNanos();
      double passed = now.uptime().minus(uptime).toNanos();
      cpuTime = now.cpuTime();
      uptime = now.uptime();
      if (passed <= 0 || spent <= 0) {
        return 0;
      }
      double percent = Math.min(PERCENT, PERCENT * spent / passed / cores);
      return Math.round(percent * HUNDREDTHS) / HUNDREDTHS;
    } finally {
      lock.unlock();
    }
  }
}
