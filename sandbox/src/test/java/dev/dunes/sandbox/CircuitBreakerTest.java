package dev.dunes.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class CircuitBreakerTest {
  private static final CircuitBreakerConfig THREE =
      CircuitBreakerConfig.DEFAULT.withFailureThreshold(3);

  private final FakeTime time = new FakeTime();
  private final AtomicInteger calls = new AtomicInteger();

  private CircuitBreaker breaker(CircuitBreakerConfig config) {
    return new CircuitBreaker(config, time);
  }

  private void fail(CircuitBreaker breaker, int times) {
    for (int i = 0; i < times; i++) {
      assertThatThrownBy(() ->
              breaker.call(() -> {
                calls.incrementAndGet();
                throw new ProviderException("x");
              }))
          .hasMessage("x");
    }
  }

  private String succeed(CircuitBreaker breaker) {
    return breaker.call(() -> {
      calls.incrementAndGet();
      return "ok";
    });
  }

  @Test
  void successKeepsItClosed() {
    CircuitBreaker breaker = breaker(THREE);
    assertThat(succeed(breaker)).isEqualTo("ok");
    assertThat(breaker.state()).isEqualTo(CircuitState.CLOSED);
    assertThat(breaker.failureCount()).isZero();
  }

  @Test
  @DisplayName(
      "L17 three failures open it and the fourth call is not made, which is a typed exception")
  void failuresOpenIt() {
    CircuitBreaker breaker = breaker(THREE);
    fail(breaker, 3);
    assertThat(breaker.state()).isEqualTo(CircuitState.OPEN);
    assertThat(breaker.failureCount()).isEqualTo(3);
    time.advance(Duration.ofSeconds(59));
    for (int i = 0; i < 10; i++) {
      assertThatThrownBy(() -> succeed(breaker))
          .isInstanceOf(CircuitOpenException.class)
          .isInstanceOf(ProviderException.class)
          .hasMessage("Circuit breaker is open / Circuit breaker is OPEN")
          .satisfies(
              e -> assertThat(((SandboxException) e).retryAfter()).hasValue(Duration.ofSeconds(1)));
    }
    assertThat(calls).hasValue(3);
  }

  @Test
  void aSuccessResetsTheCount() {
    CircuitBreaker breaker = breaker(THREE);
    fail(breaker, 2);
    succeed(breaker);
    fail(breaker, 2);
    assertThat(breaker.state()).isEqualTo(CircuitState.CLOSED);
  }

  @Test
  void itRecovers() {
    CircuitBreaker breaker = breaker(THREE);
    fail(breaker, 3);
    time.advance(Duration.ofMinutes(1));
    assertThat(succeed(breaker)).isEqualTo("ok");
    assertThat(breaker.state()).isEqualTo(CircuitState.CLOSED);
    assertThat(breaker.failureCount()).isZero();
  }

  @Test
  void aFailureWhileHalfOpenOpensItAgain() {
    CircuitBreaker breaker = breaker(THREE);
    fail(breaker, 3);
    time.advance(Duration.ofMinutes(1));
    fail(breaker, 1);
    assertThat(breaker.state()).isEqualTo(CircuitState.OPEN);
    assertThatThrownBy(() -> succeed(breaker)).isInstanceOf(CircuitOpenException.class);
  }

  @Test
  void severalSuccessesMayBeNeeded() {
    CircuitBreaker breaker = breaker(THREE.withSuccessThreshold(2));
    fail(breaker, 3);
    time.advance(Duration.ofMinutes(1));
    succeed(breaker);
    assertThat(breaker.state()).isEqualTo(CircuitState.HALF_OPEN);
    succeed(breaker);
    assertThat(breaker.state()).isEqualTo(CircuitState.CLOSED);
  }

  @Test
  void onlySoManyMayTryAtTheSameTime() {
    CircuitBreaker breaker = breaker(THREE);
    fail(breaker, 3);
    time.advance(Duration.ofMinutes(1));
    breaker.call(() -> {
      assertThatThrownBy(() -> succeed(breaker))
          .isInstanceOf(CircuitOpenException.class)
          .hasMessage("Circuit breaker is HALF_OPEN");
      return "outer";
    });
    assertThat(breaker.state()).isEqualTo(CircuitState.CLOSED);
  }

  @Test
  @DisplayName("L17 an interrupted call gives its place back")
  void interruptedCallsGiveTheirPlaceBack() {
    CircuitBreaker breaker = breaker(THREE);
    fail(breaker, 3);
    time.advance(Duration.ofMinutes(1));
    assertThatThrownBy(() ->
            breaker.call(() -> {
              throw new InterruptedException();
            }))
        .isInstanceOf(InterruptedException.class);
    assertThatThrownBy(() ->
            breaker.call(() -> {
              throw new AssertionError("an error");
            }))
        .isInstanceOf(AssertionError.class);
    assertThat(breaker.state()).isEqualTo(CircuitState.HALF_OPEN);
    assertThat(succeed(breaker)).isEqualTo("ok");
    assertThat(breaker.state()).isEqualTo(CircuitState.CLOSED);
  }

  @Test
  void invalidRequestsSayNothingAboutTheOtherSide() {
    CircuitBreaker breaker = breaker(THREE);
    for (int i = 0; i < 5; i++) {
      assertThatThrownBy(() ->
              breaker.call(() -> {
                throw InvalidRequestException.field("a", "b", "c");
              }))
          .isInstanceOf(InvalidRequestException.class);
    }
    assertThat(breaker.state()).isEqualTo(CircuitState.CLOSED);
  }

  @Test
  void aCallFromBeforeTheChangeOfStateDoesNotCount() throws Exception {
    CircuitBreaker breaker = breaker(THREE);
    CountDownLatch inside = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<?> slow =
          threads.submit(() ->
              breaker.call(() -> {
                inside.countDown();
                Await.latch(go);
                return "late";
              }));
      inside.await();
      fail(breaker, 3);
      go.countDown();
      slow.get();
    }
    assertThat(breaker.state()).isEqualTo(CircuitState.OPEN);
    assertThat(breaker.failureCount()).isEqualTo(3);
  }

  @Test
  void callsAtTheSameTimeAreCounted() throws Exception {
    CircuitBreaker breaker = breaker(THREE);
    List<String> messages = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<String>> all = new ArrayList<>();
      for (int i = 0; i < 10; i++) {
        all.add(
            threads.submit(() -> {
              fail(breaker, 1);
              return "";
            }));
      }
      for (Future<String> one : all) {
        try {
          one.get();
        } catch (java.util.concurrent.ExecutionException e) {
          messages.add(String.valueOf(e.getCause()));
        }
      }
    }
    assertThat(calls.get()).isBetween(3, 10);
    assertThat(breaker.state()).isEqualTo(CircuitState.OPEN);
    assertThat(messages).hasSize(10 - calls.get()).allMatch(m -> m.contains("is open"));
  }

  @Test
  void resetClosesIt() {
    CircuitBreaker breaker = breaker(THREE);
    fail(breaker, 3);
    breaker.reset();
    assertThat(breaker.state()).isEqualTo(CircuitState.CLOSED);
    assertThat(breaker.failureCount()).isZero();
    assertThat(succeed(breaker)).isEqualTo("ok");
  }

  @Test
  void impossibleSettingsAreRefused() {
    CircuitBreakerConfig config = CircuitBreakerConfig.DEFAULT;
    assertThatIllegalArgumentException().isThrownBy(() -> config.withFailureThreshold(0));
    assertThatIllegalArgumentException().isThrownBy(() -> config.withSuccessThreshold(0));
    assertThatIllegalArgumentException().isThrownBy(() -> config.withHalfOpenRequests(0));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> config.withRecoveryTimeout(Duration.ofSeconds(-1)));
    assertThat(config).isEqualTo(new CircuitBreakerConfig(5, Duration.ofSeconds(60), 1, 1));
    assertThat(CircuitState.HALF_OPEN.wireName()).isEqualTo("half_open");
  }
}
