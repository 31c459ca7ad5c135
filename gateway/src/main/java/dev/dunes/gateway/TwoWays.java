package dev.dunes.gateway;

import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One direction of a connection on a thread of its own, beside the other one. */
final class TwoWays {
  private static final Logger LOG = LoggerFactory.getLogger(TwoWays.class);

  /** What does one direction. */
  interface Direction {
    void pass() throws IOException;
  }

  private TwoWays() {}

  /**
   * Begins one.
   *
   * @param broken what ends the other direction when this one breaks off
   */
  static Thread start(Direction direction, Runnable broken) {
    return Thread.ofVirtual()
        .name("gateway-proxy-out")
        .start(() -> {
          try {
            direction.pass();
          } catch (IOException e) {
            LOG.debug("a connection through the proxy broke off: {}", e.toString());
            broken.run();
          }
        });
  }

  /** Waits for its end, which comes with its channels; those have deadlines. */
  static void join(Thread thread) throws IOException {
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("the gateway closes", e);
    }
  }
}
