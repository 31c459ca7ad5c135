package dev.dunes.sandbox;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.BiPredicate;

/** Builds a {@link RetryPolicy}; starts from its defaults. Not safe for use by several threads. */
public final class RetryPolicyBuilder {
  int maxRetries = 3;
  Duration initialDelay = Duration.ofSeconds(1);
  Duration maxDelay = Duration.ofSeconds(30);
  double exponentialBase = 2;
  boolean jitter = true;
  boolean allowAdditionalAttempt;
  Optional<Duration> timeout = Optional.empty();
  Optional<BiPredicate<Exception, Integer>> decider = Optional.empty();
  Optional<BiPredicate<Exception, Integer>> alsoRetry = Optional.empty();
  BiConsumer<Integer, Exception> onRetry = (attempt, error) -> {};
  Optional<CircuitBreaker> breaker = Optional.empty();
  List<Class<? extends Exception>> retryable = List.of();
  List<Class<? extends Exception>> nonRetryable =
      List.of(
          SandboxAuthenticationException.class,
          SandboxNotFoundException.class,
          InvalidRequestException.class);
  TimeSource time = TimeSource.SYSTEM;

  RetryPolicyBuilder() {}

  /** Tries after the first; 0 or more; default 3. */
  public RetryPolicyBuilder maxRetries(int count) {
    if (count < 0) {
      throw new IllegalArgumentException("maxRetries must not be negative: " + count);
    }
    maxRetries = count;
    return this;
  }

  /** The wait after the first failure; default 1 s. */
  public RetryPolicyBuilder initialDelay(Duration delay) {
    initialDelay = Seconds.notNegative("initialDelay", delay);
    return this;
  }

  /** The longest wait, jitter included; default 30 s. */
  public RetryPolicyBuilder maxDelay(Duration delay) {
    maxDelay = Seconds.notNegative("maxDelay", delay);
    return this;
  }

  /** What each wait is multiplied by to give the next; more than 0; default 2. */
  public RetryPolicyBuilder exponentialBase(double base) {
    if (!(base > 0)) {
      throw new IllegalArgumentException("exponentialBase must be positive: " + base);
    }
    exponentialBase = base;
    return this;
  }

  /** Whether waits are lengthened by up to a quarter at random; default yes. */
  public RetryPolicyBuilder jitter(boolean value) {
    jitter = value;
    return this;
  }

  /** The time limit of each attempt; more than 0; default none. */
  public RetryPolicyBuilder timeout(Duration limit) {
    if (!limit.isPositive()) {
      throw new IllegalArgumentException("timeout must be positive: " + limit);
    }
    timeout = Optional.of(limit);
    return this;
  }

  /**
   * Decides alone, given an error and the attempt counted from 0; when it throws, nothing is tried
   * again.
   */
  public RetryPolicyBuilder shouldRetry(BiPredicate<Exception, Integer> predicate) {
    decider = Optional.of(predicate);
    return this;
  }

  /** Says yes where {@link #retryOn} would say no; what it throws is logged and ignored. */
  public RetryPolicyBuilder alsoRetry(BiPredicate<Exception, Integer> predicate) {
    alsoRetry = Optional.of(predicate);
    return this;
  }

  /**
   * Told before each wait of the attempt counted from 1 and its error; what it throws is logged.
   */
  public RetryPolicyBuilder onRetry(BiConsumer<Integer, Exception> callback) {
    onRetry = requireNonNull(callback, "callback");
    return this;
  }

  /**
   * Asked before each attempt; while it is open its recovery time is waited for, which is no
   * attempt.
   */
  public RetryPolicyBuilder circuitBreaker(CircuitBreaker value) {
    breaker = Optional.of(value);
    return this;
  }

  /** One attempt more; default no. */
  public RetryPolicyBuilder allowAdditionalAttempt(boolean value) {
    allowAdditionalAttempt = value;
    return this;
  }

  /** Only these errors are tried again; default all. */
  public RetryPolicyBuilder retryOn(List<Class<? extends Exception>> errors) {
    retryable = List.copyOf(errors);
    return this;
  }

  /** These errors are never tried again; default authentication, not found, invalid request. */
  public RetryPolicyBuilder neverRetryOn(List<Class<? extends Exception>> errors) {
    nonRetryable = List.copyOf(errors);
    return this;
  }

  RetryPolicyBuilder time(TimeSource source) {
    time = source;
    return this;
  }

  public RetryPolicy build() {
    return new RetryPolicy(this);
  }
}
