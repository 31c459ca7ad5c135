package dev.dunes.gateway.egress;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Finds addresses of names. The system's resolver blocks the thread it runs on, so it has some of
 * its own, and whoever waits has a deadline.
 */
public final class Lookup implements AutoCloseable {
  private static final int THREADS = 16;
  private static final int WAITING = 1024;
  private static final long KEEP_SECONDS = 30;

  /** As {@code GatewayOptions.Resolver}. */
  @FunctionalInterface
  public interface Names {
    List<InetAddress> resolve(String host) throws UnknownHostException;
  }

  private final Names names;
  private final Duration timeout;
  private final ThreadPoolExecutor threads;

  public Lookup(Names names, Duration timeout) {
    this.names = names;
    this.timeout = timeout;
    this.threads =
        new ThreadPoolExecutor(
            THREADS,
            THREADS,
            KEEP_SECONDS,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(WAITING),
            Thread.ofPlatform().daemon().name("gateway-lookup-", 0).factory());
    threads.allowCoreThreadTimeOut(true);
  }

  /**
   * All addresses of a host.
   *
   * @throws UnknownHostException when it has none
   * @throws IOException when no answer came in time
   */
  public List<InetAddress> addresses(HostName host) throws IOException, InterruptedException {
    if (host.literal().isPresent()) {
      return List.of(host.literal().get());
    }
    Future<List<InetAddress>> answer;
    try {
      answer = threads.submit(() -> names.resolve(host.name()));
    } catch (RejectedExecutionException e) {
      throw new IOException("too many names are being looked up", e);
    }
    try {
      return answer.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      answer.cancel(true);
      throw new IOException("the name was not found in time", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof UnknownHostException) {
        throw new UnknownHostException(host.name());
      }
      throw new IOException("the name could not be looked up", e);
    }
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }
}
