package dev.dunes.provider.cloud;

import dev.dunes.guest.Uninterrupted;

/** Work that must be done even by a thread that was interrupted. */
public final class ClearingAway {
  private ClearingAway() {}

  /** Does it; the thread's interrupt is set again afterwards. */
  public static void run(Runnable work) {
    Uninterrupted.run(() -> {
      work.run();
      return true;
    });
  }
}
