package dev.dunes.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class LimitsTest {
  private final FakeTime time = new FakeTime();

  @Test
  void exponentialBackoff() {
    ExponentialBackoff backoff =
        new ExponentialBackoff(2, Duration.ofMillis(100), Duration.ofMinutes(1), false);
    assertThat(IntStream.range(0, 5).mapToObj(backoff::delay).map(Duration::toMillis))
        .containsExactly(100L, 200L, 400L, 800L, 1600L);
    assertThat(backoff.delay(5000)).isEqualTo(Duration.ofMinutes(1));
  }

  @Test
  void exponentialBackoffWithJitterVariesBelowTheFullWait() {
    ExponentialBackoff backoff =
        new ExponentialBackoff(2, Duration.ofSeconds(1), Duration.ofMinutes(1), true);
    Set<Duration> seen = new HashSet<>();
    for (int i = 0; i < 100; i++) {
      assertThat(backoff.delay(1)).isBetween(Duration.ZERO, Duration.ofSeconds(2));
      seen.add(backoff.delay(1));
    }
    assertThat(seen).hasSizeGreaterThan(1);
  }

  @Test
  void linearBackoff() {
    LinearBackoff backoff =
        new LinearBackoff(Duration.ofMillis(500), Duration.ofMillis(100), Duration.ofSeconds(2));
    assertThat(IntStream.range(0, 5).mapToObj(backoff::delay).map(Duration::toMillis))
        .containsExactly(100L, 600L, 1100L, 1600L, 2000L);
  }

  @Test
  void backoffsRefuseImpossibleSettings() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new ExponentialBackoff(0, Duration.ZERO, Duration.ZERO, false));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new LinearBackoff(Duration.ofSeconds(-1), Duration.ZERO, Duration.ZERO));
  }

  @Test
  @DisplayName("L18 a full bucket may be emptied at once, and no period sees more than the rate")
  void tokenBucket() {
    RateLimiter limiter = new RateLimiter(3, Duration.ofSeconds(1), time);
    for (int i = 0; i < 3; i++) {
      assertThat(limiter.tryAcquire()).isTrue();
    }
    assertThat(limiter.tryAcquire()).isFalse();
    time.advance(Duration.ofMillis(999));
    assertThat(limiter.tryAcquire()).isFalse();
    time.advance(Duration.ofMillis(1));
    for (int i = 0; i < 3; i++) {
      assertThat(limiter.tryAcquire()).isTrue();
    }
    assertThat(limiter.tryAcquire()).isFalse();
  }

  @Test
  void acquireWaitsForTheNextPermit() {
    RateLimiter limiter = new RateLimiter(2, Duration.ofSeconds(1), time);
    limiter.acquire();
    time.advance(Duration.ofMillis(400));
    limiter.acquire();
    limiter.acquire();
    limiter.acquire();
    assertThat(time.sleeps).containsExactly(Duration.ofMillis(600), Duration.ofMillis(400));
  }

  @Test
  void whatTakesTooLongIsNotBooked() {
    RateLimiter limiter = new RateLimiter(1, Duration.ofSeconds(1), time);
    limiter.acquire();
    assertThat(limiter.tryAcquire(Duration.ofMillis(999))).isFalse();
    assertThat(time.sleeps).isEmpty();
    assertThat(limiter.tryAcquire(Duration.ofSeconds(1))).isTrue();
    assertThat(time.sleeps).containsExactly(Duration.ofSeconds(1));
  }

  @Test
  void limitersRefuseImpossibleSettings() {
    assertThat(RateLimiter.perSecond(1).tryAcquire()).isTrue();
    assertThatIllegalArgumentException().isThrownBy(() -> RateLimiter.perSecond(0));
    assertThatIllegalArgumentException().isThrownBy(() -> new RateLimiter(1, Duration.ZERO));
  }

  @Test
  @DisplayName("L18 the counts of errors follow the window")
  void countsFollowTheWindow() {
    Clock clock = Clock.fixed(Instant.EPOCH, ZoneOffset.UTC);
    ErrorAggregator errors = new ErrorAggregator(12, clock);
    assertThat(errors.summary().total()).isZero();
    assertThat(errors.summary().types()).isEmpty();
    assertThat(errors.summary().mostCommon()).isEmpty();
    for (int i = 0; i < 20; i++) {
      errors.record(new IOException("old"));
    }
    for (int i = 0; i < 8; i++) {
      errors.record(new ProviderException("new " + i), Map.of("n", String.valueOf(i)));
    }
    ErrorSummary summary = errors.summary();
    assertThat(summary.total()).isEqualTo(12);
    assertThat(summary.types()).isEqualTo(Map.of("IOException", 4, "ProviderException", 8));
    assertThat(summary.mostCommon()).hasValue("ProviderException");
    assertThat(summary.recent()).hasSize(10);
    assertThat(summary.recent().getLast())
        .isEqualTo(
            new RecordedError("ProviderException", "new 7", Instant.EPOCH, Map.of("n", "7")));
    errors.record(new IOException());
    assertThat(errors.summary().recent().getLast().message()).isEmpty();
    errors.clear();
    assertThat(errors.summary().total()).isZero();
    assertThatIllegalArgumentException().isThrownBy(() -> new ErrorAggregator(0));
  }

  @Test
  void workWithinItsTime() throws Exception {
    assertThat(Timeouts.within(Duration.ofSeconds(20), () -> "done")).isEqualTo("done");
    IOException broken = new IOException("disk");
    assertThatThrownBy(() ->
            Timeouts.within(
                Duration.ofSeconds(20),
                () -> {
                  throw broken;
                }))
        .isSameAs(broken);
    assertThatThrownBy(() ->
            Timeouts.within(
                Duration.ofSeconds(20),
                () -> {
                  throw new StackOverflowError();
                }))
        .isInstanceOf(StackOverflowError.class);
    assertThatIllegalArgumentException().isThrownBy(() -> Timeouts.within(Duration.ZERO, () -> ""));
  }

  @Test
  void workThatTakesTooLongIsInterrupted() throws Exception {
    AtomicBoolean begun = new AtomicBoolean(); // a busy machine may not get round to it in time
    CountDownLatch interrupted = new CountDownLatch(1);
    assertThatThrownBy(() ->
            Timeouts.within(
                Duration.ofMillis(200),
                () -> {
                  begun.set(true);
                  try {
                    return new CountDownLatch(1).await(20, TimeUnit.SECONDS);
                  } finally {
                    interrupted.countDown();
                  }
                }))
        .isInstanceOf(SandboxTimeoutException.class)
        .hasMessage("Operation timed out after 0.2 seconds");
    if (begun.get()) {
      Await.latch(interrupted);
    }
  }

  @Test
  void aCallerThatIsInterruptedTakesItsWorkWithIt() {
    CountDownLatch interrupted = new CountDownLatch(1);
    Thread.currentThread().interrupt();
    assertThatThrownBy(() ->
            Timeouts.within(
                Duration.ofSeconds(20),
                () -> {
                  try {
                    new CountDownLatch(1).await();
                  } finally {
                    interrupted.countDown();
                  }
                  return "";
                }))
        .isInstanceOf(SandboxInterruptedException.class);
    assertThat(Thread.interrupted()).isTrue();
  }

  @Test
  void theMessageOfATimeLimitNamesSeconds() {
    assertThat(SandboxTimeoutException.after(Duration.ofSeconds(30)))
        .hasMessage("Operation timed out after 30 seconds");
    assertThat(SandboxTimeoutException.after(Duration.ofMillis(1500)))
        .hasMessage("Operation timed out after 1.5 seconds");
  }
}
