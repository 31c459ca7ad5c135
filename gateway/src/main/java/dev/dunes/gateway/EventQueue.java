package dev.dunes.gateway;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hands events to a listener, one at a time, on a thread of its own: who tells never waits for who
 * listens. When the listener is too slow, events are lost and the log says so.
 */
final class EventQueue implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(EventQueue.class);
  private static final Duration LAST_WORDS = Duration.ofSeconds(5);

  private final String runId;
  private final Consumer<GatewayEvent> listener;
  private final BlockingQueue<Optional<GatewayEvent>> waiting;
  private final AtomicLong lost = new AtomicLong();
  private final Thread thread;
  private volatile boolean closed;

  EventQueue(String runId, Consumer<GatewayEvent> listener, int bound) {
    this.runId = runId;
    this.listener = listener;
    this.waiting = new ArrayBlockingQueue<>(bound);
    this.thread = Thread.ofVirtual().name("gateway-events-" + runId).start(this::deliver);
  }

  void tell(GatewayEvent event) {
    if (!waiting.offer(Optional.of(event)) && lost.getAndIncrement() == 0) {
      LOG.warn("run {}: the listener of gateway events is too slow, some are lost", runId);
    }
  }

  private void deliver() {
    try {
      while (!closed || !waiting.isEmpty()) {
        waiting.take().ifPresent(this::tellListener);
      }
    } catch (InterruptedException e) {
      LOG.debug("run {}: events end early", runId);
    }
  }

  private void tellListener(GatewayEvent event) {
    try {
      listener.accept(event);
    } catch (RuntimeException e) {
      LOG.warn("run {}: the listener of gateway events failed", runId, e);
    }
  }

  /** What is waiting is still delivered, for some seconds. */
  @Override
  public void close() {
    closed = true;
    boolean woken = waiting.offer(Optional.empty()); // when there is no room it is awake anyway
    LOG.trace("run {}: events end, {}", runId, woken);
    if (Thread.currentThread().equals(thread)) {
      return; // the listener itself closes the lease
    }
    try {
      if (!thread.join(LAST_WORDS)) {
        thread.interrupt();
      }
    } catch (InterruptedException e) {
      thread.interrupt();
      Thread.currentThread().interrupt();
    }
  }
}
