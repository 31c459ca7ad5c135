package dev.dunes.sandbox;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.BiConsumer;
import java.util.function.BiPredicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How often and when something that failed is tried again, and the trying. Immutable and safe for
 * use by several threads.
 *
 * {@snippet :
 * RetryPolicy policy = RetryPolicy.builder().maxRetries(5).timeout(Duration.ofSeconds(20)).build();
 * Sandbox sandbox = policy.execute(() -> sandboxes.create(spec));
 * }
 */
public final class RetryPolicy {
  // Not Failsafe: its jitter also shortens waits, and it knows neither predicates of two strengths
  // nor waits for a breaker
  // that are no attempts.
  /** The defaults. */
  public static final RetryPolicy DEFAULT = builder().build();

  private static final Logger LOG = LoggerFactory.getLogger(RetryPolicy.class);
  private static final double JITTER = 0.25;

  private final int maxRetries;
  private final Duration initialDelay;
  private final Duration maxDelay;
  private final double exponentialBase;
  private final boolean jitter;
  private final Optional<Duration> timeout;
  private final Optional<BiPredicate<Exception, Integer>> decider;
  private final Optional<BiPredicate<Exception, Integer>> alsoRetry;
  private final BiConsumer<Integer, Exception> onRetry;
  private final Optional<CircuitBreaker> breaker;
  private final List<Class<? extends Exception>> retryable;
  private final List<Class<? extends Exception>> nonRetryable;
  private final TimeSource time;

  RetryPolicy(RetryPolicyBuilder builder) {
    this.maxRetries = builder.maxRetries + (builder.allowAdditionalAttempt ? 1 : 0);
    this.initialDelay = builder.initialDelay;
    this.maxDelay = builder.maxDelay;
    this.exponentialBase = builder.exponentialBase;
    this.jitter = builder.jitter;
    this.timeout = builder.timeout;
    this.decider = builder.decider;
    this.alsoRetry = builder.alsoRetry;
    this.onRetry = builder.onRetry;
    this.breaker = builder.breaker;
    this.retryable = List.copyOf(builder.retryable);
    this.nonRetryable = List.copyOf(builder.nonRetryable);
    this.time = builder.time;
  }

  public static RetryPolicyBuilder builder() {
    return new RetryPolicyBuilder();
  }

  /** How often something is done at most, waits for an open breaker not counted. */
  public int maxAttempts() {
    return maxRetries + 1;
  }

  /** Does something until it succeeds or is given up; then its last error is thrown unchanged. */
  public <T, X extends Exception> T execute(Work<T, X> work) throws X {
    for (int index = 0; ; ) {
      try {
        return attempt(work);
      } catch (Exception e) {
        if (!retries(e, index)) {
          throw e;
        }
        tell(index + 1, e);
        boolean open = waitsForBreaker(e);
        time.pause(wait(e, index + 1, open), "waiting to try again");
        index += open ? 0 : 1;
      }
    }
  }

  /** Something that does {@link #execute} each time it is called. */
  public <T> Callable<T> wrap(Callable<T> work) {
    return () -> this.<T, Exception>execute(work::call);
  }

  /**
   * The wait after an attempt that failed.
   *
   * @param attempt counted from 1
   */
  public Duration delay(int attempt) {
    double seconds = Seconds.of(initialDelay) * Math.pow(exponentialBase, Math.max(0, attempt - 1));
    double factor = jitter ? 1 + ThreadLocalRandom.current().nextDouble(JITTER) : 1;
    return Seconds.atMost(Math.min(seconds, Seconds.of(maxDelay)) * factor, maxDelay);
  }

  private <T, X extends Exception> T attempt(Work<T, X> work) throws X {
    Work<T, X> limited = timeout.<Work<T, X>>map(t -> () -> Timeouts.within(t, work)).orElse(work);
    return breaker.isPresent() ? breaker.get().call(limited) : limited.run();
  }

  private boolean retries(Exception e, int index) {
    if (index >= maxRetries
        || e instanceof InterruptedException
        || e instanceof SandboxInterruptedException) {
      return false;
    }
    if (isAny(nonRetryable, e)) {
      return false;
    }
    if (decider.isPresent()) {
      return ask(decider.get(), e, index);
    }
    if (alsoRetry.isPresent() && ask(alsoRetry.get(), e, index)) {
      return true;
    }
    return retryable.isEmpty() || isAny(retryable, e);
  }

  private static boolean isAny(List<Class<? extends Exception>> types, Exception e) {
    return types.stream().anyMatch(type -> type.isInstance(e));
  }

  private static boolean ask(BiPredicate<Exception, Integer> predicate, Exception e, int index) {
    try {
      return predicate.test(e, index);
    } catch (RuntimeException broken) {
      LOG.warn("a retry predicate failed", broken);
      return false;
    }
  }

  private void tell(int attempt, Exception e) {
    try {
      onRetry.accept(attempt, e);
    } catch (RuntimeException broken) {
      LOG.warn("a retry callback failed", broken);
    }
  }

  private boolean waitsForBreaker(Exception e) {
    return breaker.isPresent()
        && e instanceof CircuitOpenException open
        && open.retryAfter().isPresent();
  }

  private Duration wait(Exception e, int attempt, boolean open) {
    Duration wait = delay(attempt);
    if (open) {
      return longer(wait, breaker.orElseThrow().config().recoveryTimeout());
    }
    if (e instanceof SandboxException known) {
      Duration asked = known.retryAfter().orElse(Duration.ZERO);
      return longer(wait, asked.compareTo(maxDelay) < 0 ? asked : maxDelay);
    }
    return wait;
  }

  private static Duration longer(Duration a, Duration b) {
    return a.compareTo(b) >= 0 ? a : b;
  }
}
