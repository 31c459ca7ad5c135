package dev.dunes.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class FailoverTest {
  private final RecordingProvider a = new RecordingProvider("a");
  private final RecordingProvider b = new RecordingProvider("b");
  private final RecordingProvider c = new RecordingProvider("c");
  private final RecordingProvider local = new RecordingProvider("local");

  private Sandboxes with(ManagerOptions options) {
    return Sandboxes.builder()
        .factories(List.of())
        .settings(Fixtures.NOTHING_SET)
        .options(options)
        .register("a", a)
        .register("b", b)
        .register("c", c)
        .register("local", local)
        .build();
  }

  private Sandboxes plain() {
    return with(ManagerOptions.DEFAULT);
  }

  @Test
  void providersAreTriedInOrderEachOnce() {
    a.beforeCreate = Fixtures.failing("a is full");
    b.beforeCreate = Fixtures.failing("b is full");
    Sandbox sandbox =
        plain().create(SandboxSpec.DEFAULT, Placement.at("a").orElse("b", "a", "c", "b"));
    assertThat(sandbox.provider()).isEqualTo("c");
    assertThat(a.specs).hasSize(1);
    assertThat(b.specs).hasSize(1);
  }

  @Test
  void theFirstThatSucceedsEndsTheTrying() {
    plain().create(SandboxSpec.DEFAULT, Placement.at("a").orElse("b"));
    assertThat(b.specs).isEmpty();
  }

  @Test
  void anUnknownNameCountsAsAFailedAttempt() {
    Sandbox sandbox = plain().create(SandboxSpec.DEFAULT, Placement.at("nobody").orElse("b"));
    assertThat(sandbox.provider()).isEqualTo("b");
  }

  @Test
  @DisplayName("L3 with only fallbacks given the default provider comes first")
  void theDefaultComesFirst() {
    Sandbox sandbox = plain().create(SandboxSpec.DEFAULT, Placement.DEFAULT.orElse("b"));
    assertThat(sandbox.provider()).isEqualTo("a");
    a.beforeCreate = Fixtures.failing("full");
    assertThat(plain().create(SandboxSpec.DEFAULT, Placement.DEFAULT.orElse("b")).provider())
        .isEqualTo("b");
  }

  @Test
  @DisplayName("L4 when all fail, what each one threw is attached")
  void allAttemptsAreAttached() {
    a.beforeCreate = Fixtures.failing("a is full");
    SandboxQuotaException quota =
        new SandboxQuotaException(
            "b is full", ErrorDetails.remedy("pay more").withRetryAfter(Duration.ofSeconds(9)));
    b.beforeCreate =
        spec -> {
          throw quota;
        };
    ProviderException all =
        catchThrowableOfType(
            ProviderException.class,
            () -> plain().create(SandboxSpec.DEFAULT, Placement.at("a").orElse("b")));
    assertThat(all).hasMessage("Failed to create sandbox with any provider: b is full");
    assertThat(all.getSuppressed())
        .extracting(Throwable::getMessage)
        .containsExactly("a is full", "b is full");
    assertThat(all.remedy()).hasValue("pay more");
    assertThat(all.retryAfter()).hasValue(Duration.ofSeconds(9));
    assertThat(all).hasCause(quota);
  }

  @Test
  @DisplayName("L4 an invalid request ends the trying at once")
  void anInvalidRequestEndsTheTrying() {
    a.beforeCreate = Fixtures.failing("full");
    b.beforeCreate =
        spec -> {
          throw InvalidRequestException.field("image", "x", "y");
        };
    assertThatThrownBy(
            () -> plain().create(SandboxSpec.DEFAULT, Placement.at("a").orElse("b", "c")))
        .isInstanceOf(InvalidRequestException.class)
        .satisfies(e -> assertThat(e.getSuppressed()[0]).hasMessage("full"));
    assertThat(c.specs).isEmpty();
  }

  @Test
  @DisplayName("L4 an interruption ends the trying at once")
  void anInterruptionEndsTheTrying() {
    a.beforeCreate =
        spec -> {
          throw new SandboxInterruptedException("testing", new InterruptedException());
        };
    assertThatThrownBy(() -> plain().create(SandboxSpec.DEFAULT, Placement.at("a").orElse("b")))
        .isInstanceOf(SandboxInterruptedException.class);
    assertThat(Thread.interrupted()).isTrue();
    assertThat(b.specs).isEmpty();
  }

  @Test
  @DisplayName("L4 a half-made sandbox is destroyed before the next attempt")
  void aHalfMadeSandboxIsDestroyedFirst() {
    b.beforeCreate = spec -> assertThat(a.destroyed).containsExactly("mock-1");
    SandboxSpec spec = SandboxSpec.builder().setupCommand("fail 3").build();
    assertThatThrownBy(() -> plain().create(spec, Placement.at("a").orElse("b")))
        .hasMessageContaining("Setup command failed (exit 3)");
    assertThat(b.specs).hasSize(1);
    assertThat(a.boxes).isEmpty();
  }

  @Test
  @DisplayName("L12 the only provider's typed failure comes through as it is")
  void typedFailuresComeThrough() {
    SandboxAuthenticationException refused = new SandboxAuthenticationException("bad key");
    a.beforeCreate =
        spec -> {
          throw refused;
        };
    assertThatThrownBy(() -> plain().create(SandboxSpec.DEFAULT)).isSameAs(refused);
  }

  @Test
  @DisplayName("L26 failover reaches local only when the list names it")
  void localIsReachedOnlyByName() {
    a.beforeCreate = Fixtures.failing("full");
    b.beforeCreate = Fixtures.failing("full");
    assertThatThrownBy(() -> plain().create(SandboxSpec.DEFAULT, Placement.at("a").orElse("b")))
        .isInstanceOf(ProviderException.class);
    assertThat(local.specs).isEmpty();
    assertThat(
            plain().create(SandboxSpec.DEFAULT, Placement.at("a").orElse("b", "local")).provider())
        .isEqualTo("local");
  }

  @Test
  @DisplayName("L19 a provider is asked again before the next one is tried")
  void retryComesBeforeFailover() {
    a.beforeCreate =
        spec -> {
          if (a.specs.size() < 3) {
            throw new ProviderException("busy");
          }
        };
    RetryPolicy policy = RetryPolicy.builder().maxRetries(2).time(new FakeTime()).build();
    Sandbox sandbox =
        with(ManagerOptions.DEFAULT.withRetry(policy))
            .create(SandboxSpec.DEFAULT, Placement.at("a").orElse("b"));
    assertThat(sandbox.provider()).isEqualTo("a");
    assertThat(b.specs).isEmpty();
  }

  @Test
  @DisplayName("L19 an open breaker fails over at once")
  void anOpenBreakerFailsOver() {
    a.beforeCreate = Fixtures.failing("down");
    CircuitBreakerConfig breaker = CircuitBreakerConfig.DEFAULT.withFailureThreshold(2);
    FakeTime time = new FakeTime();
    RetryPolicy policy = RetryPolicy.builder().maxRetries(1).time(time).build();
    Sandboxes sandboxes = with(ManagerOptions.DEFAULT.withBreaker(breaker).withRetry(policy));
    Placement placement = Placement.at("a").orElse("b");
    sandboxes.create(SandboxSpec.DEFAULT, placement);
    sandboxes.create(SandboxSpec.DEFAULT, placement);
    assertThat(a.specs).hasSize(4);
    int waits = time.sleeps.size();

    assertThat(sandboxes.create(SandboxSpec.DEFAULT, placement).provider()).isEqualTo("b");
    assertThat(a.specs).hasSize(4);
    assertThat(time.sleeps).hasSize(waits);
    assertThatThrownBy(() -> sandboxes.create(SandboxSpec.DEFAULT, Placement.at("a")))
        .isInstanceOf(CircuitOpenException.class);
  }

  @Test
  @DisplayName("L19 a pool hands out what it made before, each once")
  void aPoolIsUsedWhenAskedFor() {
    PoolConfig pool =
        PoolConfig.builder().minIdle(1).strategy(PoolStrategy.HYBRID).autoCleanup(false).build();
    try (Sandboxes sandboxes = with(ManagerOptions.DEFAULT.withPool(pool))) {
      String one = sandboxes.create(SandboxSpec.DEFAULT).id();
      sandboxes.pool().orElseThrow().awaitBackground();
      Sandbox two = sandboxes.create(SandboxSpec.DEFAULT);
      assertThat(two.id()).isEqualTo("mock-2").isNotEqualTo(one);
      two.close();
      assertThat(a.destroyed).containsExactly("mock-2");
    }
    assertThat(a.boxes).isEmpty();
  }
}
