package dev.dunes.provider.local;

import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Platform threads for what waits in the kernel, which would pin the carrier of a virtual one. Kept
 * for a minute, as starting one costs more than most of what they do. A few are enough however many
 * sandboxes are being made: what they wait for is one lock of the whole kernel, and more of them
 * would only wait there instead of in the queue.
 */
final class KernelWaits {
  private static final int AT_MOST = 4;
  private static final ThreadPoolExecutor THREADS =
      new ThreadPoolExecutor(
          AT_MOST,
          AT_MOST,
          1,
          TimeUnit.MINUTES,
          new LinkedBlockingQueue<>(),
          Thread.ofPlatform().daemon().name("dunes-kernel-wait-", 0).factory());

  static {
    THREADS.allowCoreThreadTimeOut(true);
  }

  private KernelWaits() {}

  static void start(Runnable work) {
    THREADS.execute(work);
  }
}
