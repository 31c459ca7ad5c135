package dev.dunes.provider.cloud;

import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxInterruptedException;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks at sandboxes when their time is over, for a vendor whose lifetimes are not exact or who has
 * none: looking ends them. Only as long as this program runs.
 */
public final class Deadlines implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Deadlines.class);
  private static final Duration AFTER_FAILURE = Duration.ofSeconds(30);

  /** What a vendor has kept may be a moment nobody will see. */
  private static final Duration LONGEST_PAUSE = Duration.ofDays(1);

  private final Function<String, Optional<Instant>> look;
  private final Map<String, Thread> watched = new ConcurrentHashMap<>();
  private volatile boolean closed;

  /**
   * @param look looks at a sandbox and says its deadline as it is now; empty when there is none any
   *     more
   */
  public Deadlines(Function<String, Optional<Instant>> look) {
    this.look = look;
  }

  /** Watches a sandbox, instead of what was known of it. */
  public void keep(String id, Instant deadline) {
    Thread thread = Thread.ofVirtual().name("cloud-deadline").unstarted(() -> watch(id, deadline));
    interrupt(watched.put(id, thread));
    thread.start();
    if (closed) {
      thread.interrupt();
    }
  }

  /** It is gone. */
  public void forget(String id) {
    interrupt(watched.remove(id));
  }

  private static void interrupt(@Nullable Thread thread) {
    if (thread != null && thread != Thread.currentThread()) {
      thread.interrupt();
    }
  }

  private void watch(String id, Instant first) {
    try {
      Optional<Instant> next = Optional.of(first);
      while (next.isPresent()) {
        // a moment later, for the clock that is read has to be past it
        Duration left = Duration.between(Instant.now(), next.get());
        Duration pause = left.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : left;
        TimeUnit.MILLISECONDS.sleep(Math.max(0, pause.toMillis()) + 1);
        next = lookAt(id);
      }
    } catch (InterruptedException | SandboxInterruptedException e) {
      LOG.debug("the deadline of {} is not watched any more", id);
    } finally {
      watched.remove(id, Thread.currentThread());
    }
  }

  private Optional<Instant> lookAt(String id) {
    try {
      return look.apply(id);
    } catch (SandboxInterruptedException e) {
      throw e;
    } catch (SandboxException e) {
      LOG.warn("could not see whether the time of sandbox {} is over; looking again", id, e);
      return Optional.of(Instant.now().plus(AFTER_FAILURE));
    }
  }

  /** Ends its threads. */
  @Override
  public void close() {
    closed = true;
    for (Thread thread : watched.values()) {
      thread.interrupt();
    }
    watched.clear();
  }
}
