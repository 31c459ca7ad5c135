package dev.dunes.provider.modal;

import io.grpc.ManagedChannel;
import io.grpc.okhttp.OkHttpChannelBuilder;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

/** Connections as Modal's own clients make them. Cloud providers 2.2. */
final class Channels {
  private static final int MOST_BYTES = 100 << 20;
  private static final int WINDOW = 4 << 20;
  private static final long KEEP_ALIVE_SECONDS = 30;
  private static final long KEEP_ALIVE_LIMIT_SECONDS = 10;

  private Channels() {}

  /**
   * A connection that is made when it is needed.
   *
   * @param idle after so long without a call it is given up until the next one
   */
  static ManagedChannel open(String host, int port, boolean plaintext, Duration idle) {
    // a thread for each piece of work, and none that waits for some
    Executor threads = work -> Thread.ofVirtual().name("modal-grpc").start(work);
    OkHttpChannelBuilder builder =
        OkHttpChannelBuilder.forAddress(host, port)
            .executor(threads)
            .maxInboundMessageSize(MOST_BYTES)
            .flowControlWindow(WINDOW)
            .keepAliveTime(KEEP_ALIVE_SECONDS, TimeUnit.SECONDS)
            .keepAliveTimeout(KEEP_ALIVE_LIMIT_SECONDS, TimeUnit.SECONDS)
            .keepAliveWithoutCalls(true)
            .idleTimeout(idle.toMillis(), TimeUnit.MILLISECONDS)
            .disableRetry()
            .userAgent("dunes-java");
    return (plaintext ? builder.usePlaintext() : builder.useTransportSecurity()).build();
  }
}
