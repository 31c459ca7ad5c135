package dev.dunes.sandbox;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;

/** Waiting in fakes; ends after a while, so that a broken test fails instead of hanging. */
final class Await {
  private Await() {}

  static void latch(CountDownLatch latch) {
    try {
      if (!latch.await(20, TimeUnit.SECONDS)) {
        throw new AssertionError("nobody opened the latch");
      }
    } catch (InterruptedException e) {
      throw new SandboxInterruptedException("testing", e);
    }
  }

  static void barrier(CyclicBarrier barrier) {
    try {
      barrier.await(20, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      throw new SandboxInterruptedException("testing", e);
    } catch (Exception e) {
      throw new AssertionError("the others did not come", e);
    }
  }
}
