package dev.dunes.cli;

import dev.dunes.gateway.Gateway;
import dev.dunes.gateway.GatewayOptions;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Opens the gateways of this process. One that is going to be needed may be {@linkplain #expect
 * expected}: it opens while the options of the command are still being read.
 */
final class Gateways implements AutoCloseable {
  private final AtomicReference<@Nullable CompletableFuture<Gateway>> expected =
      new AtomicReference<>();

  /** Begins to open one with the default options. To be called once, before {@link #open}. */
  void expect() {
    expected.set(
        CompletableFuture.supplyAsync(
            () -> Gateway.open(GatewayOptions.defaults()),
            opening -> Thread.ofPlatform().daemon().name("gateway-open").start(opening)));
  }

  /**
   * A gateway, which is the caller's to close.
   *
   * @throws RuntimeException as {@link Gateway#open} does
   */
  Gateway open(GatewayOptions options) {
    @Nullable CompletableFuture<Gateway> early =
        options == GatewayOptions.defaults() ? expected.getAndSet(null) : null;
    if (early == null) {
      return Gateway.open(options);
    }
    try {
      // Not interruptible: it is about to be there, and must not be left behind.
      return early.join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof RuntimeException cause ? cause : e;
    }
  }

  /** Closes the expected one, if nobody took it. */
  @Override
  public void close() {
    @Nullable CompletableFuture<Gateway> early = expected.getAndSet(null);
    if (early != null) {
      // One that did not open has nothing to be closed, and was not missed.
      early.handle((gateway, failure) -> gateway).thenAccept(Gateways::closed).join();
    }
  }

  private static void closed(@Nullable Gateway gateway) {
    if (gateway != null) {
      gateway.close();
    }
  }
}
