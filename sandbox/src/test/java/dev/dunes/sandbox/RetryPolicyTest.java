package dev.dunes.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class RetryPolicyTest {
  private final FakeTime time = new FakeTime();
  private int calls;

  private RetryPolicyBuilder policy() {
    return RetryPolicy.builder().time(time);
  }

  /** Fails until the call of this number, which succeeds. */
  private String failUntil(int number, RuntimeException error) {
    calls++;
    if (calls < number) {
      throw error;
    }
    return "done";
  }

  private void exhaust(RetryPolicy policy, RuntimeException error) {
    assertThatThrownBy(() -> policy.execute(() -> failUntil(Integer.MAX_VALUE, error)))
        .isSameAs(error);
  }

  @Test
  void successAtOnceIsOneCall() {
    assertThat(policy().build().execute(() -> failUntil(1, boom()))).isEqualTo("done");
    assertThat(calls).isEqualTo(1);
    assertThat(time.sleeps).isEmpty();
  }

  @Test
  void successAfterTwoFailuresIsThreeCalls() {
    assertThat(policy().build().execute(() -> failUntil(3, boom()))).isEqualTo("done");
    assertThat(calls).isEqualTo(3);
  }

  @Test
  void threeRetriesAreFourCallsAndTheLastErrorIsThrownUnchanged() {
    exhaust(policy().build(), boom());
    assertThat(calls).isEqualTo(4);
    assertThat(policy().build().maxAttempts()).isEqualTo(4);
  }

  @Test
  void noRetriesAreOneCallAndOneMoreCanBeAllowed() {
    exhaust(policy().maxRetries(0).build(), boom());
    assertThat(calls).isEqualTo(1);
    calls = 0;
    exhaust(policy().maxRetries(0).allowAdditionalAttempt(true).build(), boom());
    assertThat(calls).isEqualTo(2);
  }

  @Test
  void waitsDoubleUpToTheLongest() {
    exhaust(policy().jitter(false).maxRetries(7).build(), boom());
    assertThat(time.sleeps)
        .extracting(Duration::toSeconds)
        .containsExactly(1L, 2L, 4L, 8L, 16L, 30L, 30L);
  }

  @Test
  void jitterAddsUpToAQuarterAndNeverExceedsTheLongest() {
    RetryPolicy policy = policy().maxDelay(Duration.ofSeconds(2)).build();
    for (int i = 0; i < 200; i++) {
      assertThat(policy.delay(1)).isBetween(Duration.ofSeconds(1), Duration.ofMillis(1250));
      assertThat(policy.delay(2)).isEqualTo(Duration.ofSeconds(2));
    }
  }

  @Test
  void theSecondWaitIsLongerThanTheFirst() {
    exhaust(policy().maxRetries(2).build(), boom());
    assertThat(time.sleeps.get(1)).isGreaterThan(time.sleeps.get(0).multipliedBy(3).dividedBy(2));
  }

  @Test
  void thePredicateDecidesAlone() {
    exhaust(policy().shouldRetry((e, index) -> false).alsoRetry((e, i) -> true).build(), boom());
    assertThat(calls).isEqualTo(1);
    calls = 0;
    List<Integer> seen = new ArrayList<>();
    RetryPolicy some =
        policy()
            .retryOn(List.of(IOException.class))
            .shouldRetry((e, index) -> {
              seen.add(index);
              return index < 1;
            })
            .build();
    exhaust(some, boom());
    assertThat(calls).isEqualTo(2);
    assertThat(seen).containsExactly(0, 1);
  }

  @Test
  void aPredicateThatThrowsMeansNo() {
    exhaust(
        policy()
            .shouldRetry((e, index) -> {
              throw new IllegalStateException();
            })
            .build(),
        boom());
    assertThat(calls).isEqualTo(1);
  }

  @Test
  void theWeakerPredicateIsOnlyAnExtraYes() {
    exhaust(policy().alsoRetry((e, index) -> index % 2 == 0).build(), boom());
    assertThat(calls).isEqualTo(4);
    calls = 0;
    RetryPolicy extra =
        policy().retryOn(List.of(IOException.class)).alsoRetry((e, index) -> index == 0).build();
    exhaust(extra, boom());
    assertThat(calls).isEqualTo(2);
    calls = 0;
    RetryPolicy broken =
        policy()
            .alsoRetry((e, index) -> {
              throw new IllegalStateException();
            })
            .build();
    exhaust(broken, boom());
    assertThat(calls).isEqualTo(4);
  }

  @Test
  void onlyTheseErrorsAreRetried() {
    RetryPolicy policy = policy().retryOn(List.of(SandboxException.class)).build();
    exhaust(policy, boom());
    assertThat(calls).isEqualTo(4);
    calls = 0;
    exhaust(policy, new IllegalStateException("other"));
    assertThat(calls).isEqualTo(1);
  }

  @Test
  void someErrorsAreNeverRetried() {
    for (SandboxException error :
        List.of(
            new SandboxAuthenticationException("no"),
            new SandboxNotFoundException("no"),
            InvalidRequestException.field("a", "b", "c"))) {
      calls = 0;
      exhaust(policy().shouldRetry((e, index) -> true).build(), error);
      assertThat(calls).isEqualTo(1);
    }
    calls = 0;
    exhaust(policy().neverRetryOn(List.of()).build(), new SandboxNotFoundException("no"));
    assertThat(calls).isEqualTo(4);
  }

  @Test
  void theCallbackIsToldAndItsFailuresAreIgnored() {
    List<String> told = new ArrayList<>();
    RetryPolicy policy =
        policy()
            .maxRetries(2)
            .onRetry((attempt, error) -> {
              told.add(attempt + " " + error.getMessage());
              throw new IllegalStateException("broken callback");
            })
            .build();
    assertThatThrownBy(() ->
            policy.execute(() -> {
              throw new ProviderException("Attempt " + ++calls);
            }))
        .hasMessage("Attempt 3");
    assertThat(told).containsExactly("1 Attempt 1", "2 Attempt 2");
  }

  @Test
  void eachAttemptHasItsTimeLimit() {
    CountDownLatch never = new CountDownLatch(1);
    RetryPolicy policy = policy().maxRetries(1).timeout(Duration.ofMillis(5)).build();
    assertThatThrownBy(() ->
            policy.<String, InterruptedException>execute(() -> {
              never.await();
              return "never";
            }))
        .isInstanceOf(SandboxTimeoutException.class)
        .hasMessage("Operation timed out after 0.005 seconds");
    assertThat(time.sleeps).hasSize(1);
  }

  @Test
  void theWaitAProviderAskedForIsKept() {
    SandboxQuotaException asked =
        new SandboxQuotaException("slow", ErrorDetails.NONE.withRetryAfter(Duration.ofSeconds(7)));
    exhaust(policy().jitter(false).maxRetries(1).build(), asked);
    assertThat(time.sleeps).containsExactly(Duration.ofSeconds(7));
  }

  @Test
  void interruptionEndsTheTrying() {
    Thread.currentThread().interrupt();
    assertThatThrownBy(() -> policy().build().execute(() -> failUntil(2, boom())))
        .isInstanceOf(SandboxInterruptedException.class);
    assertThat(Thread.interrupted()).isTrue();
    assertThat(calls).isEqualTo(1);
  }

  @Test
  void checkedExceptionsComeThroughUnchanged() {
    IOException broken = new IOException("disk");
    Callable<String> wrapped =
        policy()
            .build()
            .wrap(() -> {
              calls++;
              throw broken;
            });
    assertThatThrownBy(wrapped::call).isSameAs(broken);
    assertThat(calls).isEqualTo(4);
  }

  @Test
  void anOpenBreakerIsWaitedForWithoutUsingUpAnAttempt() {
    CircuitBreaker breaker =
        new CircuitBreaker(CircuitBreakerConfig.DEFAULT.withFailureThreshold(2), time);
    RetryPolicy policy = policy().circuitBreaker(breaker).maxRetries(3).jitter(false).build();
    assertThat(policy.execute(() -> failUntil(3, boom()))).isEqualTo("done");
    assertThat(time.sleeps)
        .containsExactly(
            Duration.ofSeconds(1), // after the first failure
            Duration.ofSeconds(2), // after the second, which opens it
            Duration.ofMinutes(1)); // refused: not an attempt
    assertThat(breaker.state()).isEqualTo(CircuitState.CLOSED);
  }

  @Test
  void impossibleSettingsAreRefused() {
    assertThatIllegalArgumentException().isThrownBy(() -> policy().maxRetries(-1));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> policy().initialDelay(Duration.ofSeconds(-1)));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> policy().maxDelay(Duration.ofSeconds(-1)));
    assertThatIllegalArgumentException().isThrownBy(() -> policy().exponentialBase(0));
    assertThatIllegalArgumentException().isThrownBy(() -> policy().timeout(Duration.ZERO));
  }

  private static ProviderException boom() {
    return new ProviderException("boom");
  }
}
