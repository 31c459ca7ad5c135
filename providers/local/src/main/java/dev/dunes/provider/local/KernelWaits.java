package dev.dunes.provider.local;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Platform threads for what waits in the kernel, which would pin the carrier of a virtual one. Kept
 * for a minute, as starting one costs more than most of what they do; never more than there are
 * sandboxes being made, as each of those waits for its own.
 */
final class KernelWaits {
  private static final ExecutorService THREADS =
      Executors.newCachedThreadPool(
          Thread.ofPlatform().daemon().name("dunes-kernel-wait-", 0).factory());

  private KernelWaits() {}

  static void start(Runnable work) {
    THREADS.execute(work);
  }
}
