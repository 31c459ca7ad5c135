package dev.dunes.sandbox;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Leaves something that keeps failing alone for a while. Safe for use by several threads.
 *
 * <p>Closed, it counts failures in a row and opens at the threshold. Open, it refuses every call
 * until its recovery time has passed. Then it is half open: a few calls at a time may try; enough
 * successes close it, one failure opens it again.
 */
public final class CircuitBreaker {
  // Failsafe's breaker counts half-open outcomes in one window of permits; here the number of calls
  // that may try and the
  // number of successes needed are separate settings.
  private static final Logger LOG = LoggerFactory.getLogger(CircuitBreaker.class);

  private final CircuitBreakerConfig config;
  private final TimeSource time;
  private final ReentrantLock lock = new ReentrantLock();
  private CircuitState state = CircuitState.CLOSED;
  private int failures;
  private int successes;
  private int trying;
  private long openedAt;

  /**
   * Counts changes of state: the outcome of a call that began before the last change says nothing
   * about the present.
   */
  private long epoch;

  public CircuitBreaker() {
    this(CircuitBreakerConfig.DEFAULT);
  }

  public CircuitBreaker(CircuitBreakerConfig config) {
    this(config, TimeSource.SYSTEM);
  }

  CircuitBreaker(CircuitBreakerConfig config, TimeSource time) {
    this.config = requireNonNull(config, "config");
    this.time = time;
  }

  /**
   * Makes a call, unless the breaker refuses it. What the call throws is passed on unchanged.
   *
   * @throws CircuitOpenException when it is refused
   */
  public <T, X extends Exception> T call(Work<T, X> work) throws X {
    long ticket = admit();
    Outcome outcome = Outcome.NEITHER;
    try {
      T result = work.run();
      outcome = Outcome.SUCCESS;
      return result;
    } catch (Exception e) {
      outcome = saysNothing(e) ? Outcome.NEITHER : Outcome.FAILURE;
      throw e;
    } finally {
      settle(ticket, outcome);
    }
  }

  public CircuitState state() {
    lock.lock();
    try {
      return state;
    } finally {
      lock.unlock();
    }
  }

  /** Failures in a row, as counted in the present state. */
  public int failureCount() {
    lock.lock();
    try {
      return failures;
    } finally {
      lock.unlock();
    }
  }

  /** Its settings. */
  public CircuitBreakerConfig config() {
    return config;
  }

  /** Closes it and forgets what it counted. */
  public void reset() {
    lock.lock();
    try {
      become(CircuitState.CLOSED);
    } finally {
      lock.unlock();
    }
  }

  private long admit() {
    lock.lock();
    try {
      if (state == CircuitState.OPEN) {
        Duration left = config.recoveryTimeout().minusNanos(time.nanos() - openedAt);
        if (left.isPositive()) {
          throw new CircuitOpenException(
              "Circuit breaker is open / Circuit breaker is OPEN",
              ErrorDetails.remedy("it lets calls try again after a while").withRetryAfter(left));
        }
        become(CircuitState.HALF_OPEN);
      }
      if (state == CircuitState.HALF_OPEN) {
        if (trying >= config.halfOpenRequests()) {
          throw new CircuitOpenException("Circuit breaker is HALF_OPEN");
        }
        trying++;
      }
      return epoch;
    } finally {
      lock.unlock();
    }
  }

  private void settle(long ticket, Outcome outcome) {
    lock.lock();
    try {
      if (ticket != epoch) {
        return;
      }
      if (state == CircuitState.HALF_OPEN) {
        trying--;
      }
      switch (outcome) {
        case SUCCESS -> succeeded();
        case FAILURE -> failed();
        case NEITHER -> {}
      }
    } finally {
      lock.unlock();
    }
  }

  private void succeeded() {
    failures = 0;
    if (state == CircuitState.HALF_OPEN && ++successes >= config.successThreshold()) {
      become(CircuitState.CLOSED);
    }
  }

  private void failed() {
    int counted = failures + 1;
    failures = counted;
    if (state == CircuitState.HALF_OPEN || counted >= config.failureThreshold()) {
      become(CircuitState.OPEN);
      failures = counted;
    }
  }

  private void become(CircuitState next) {
    LOG.debug("circuit breaker: {} to {}", state, next);
    state = next;
    epoch++;
    failures = 0;
    successes = 0;
    trying = 0;
    openedAt = time.nanos();
  }

  /** Being interrupted, or asking for the impossible, is no sign that the other side is ill. */
  private static boolean saysNothing(Exception e) {
    return e instanceof InterruptedException
        || e instanceof SandboxInterruptedException
        || e instanceof InvalidRequestException
        || e instanceof UnsupportedCapabilityException;
  }

  private enum Outcome {
    SUCCESS,
    FAILURE,
    NEITHER
  }
}
