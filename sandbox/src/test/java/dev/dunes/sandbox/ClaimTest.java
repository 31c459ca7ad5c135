package dev.dunes.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ClaimTest {
  private static final SandboxSpec PLAIN =
      SandboxSpec.builder().lifetime(Duration.ofMinutes(2)).build();

  private final RecordingProvider provider = new RecordingProvider();
  private final FakeTime time = new FakeTime();

  private SandboxPool pool(int minIdle, PoolStrategy strategy) {
    PoolConfig config =
        PoolConfig.builder().minIdle(minIdle).strategy(strategy).autoCleanup(false).build();
    return new SandboxPool(config, Creation.UNLIMITED, time);
  }

  @Test
  void whatIsWarmIsHandedOutWithoutAskingTheProvider() {
    try (SandboxPool pool = pool(2, PoolStrategy.LAZY)) {
      pool.warm(provider, PLAIN);
      pool.awaitBackground();
      provider.beforeCreate = Fixtures.failing("only the background may get here");
      Sandbox claimed = pool.claim(provider, PLAIN);
      assertThat(claimed.id()).isIn("mock-1", "mock-2");
      assertThat(claimed.spec()).isEqualTo(PLAIN);
    }
  }

  @Test
  void noneIsEverHandedOutTwice() {
    try (SandboxPool pool = pool(2, PoolStrategy.HYBRID)) {
      Set<String> seen = new HashSet<>();
      for (int i = 0; i < 10; i++) {
        try (Sandbox claimed = pool.claim(provider, PLAIN)) {
          assertThat(seen.add(claimed.id())).isTrue();
        }
        pool.awaitBackground();
        assertThat(pool.stats().idle()).isEqualTo(2);
      }
      assertThat(provider.destroyed).containsExactlyInAnyOrderElementsOf(seen);
      assertThat(pool.stats().reused()).isZero();
    }
  }

  @Test
  void oneThatWasAcquiredIsNotClaimedAfterwards() {
    try (SandboxPool pool = pool(0, PoolStrategy.LAZY)) {
      Sandbox used = pool.acquire(provider, PLAIN);
      pool.release(used.id());
      assertThat(pool.claim(provider, PLAIN).id()).isNotEqualTo(used.id());
    }
  }

  @Test
  void oneThatIsReleasedIsDestroyed() {
    try (SandboxPool pool = pool(0, PoolStrategy.LAZY)) {
      Sandbox claimed = pool.claim(provider, PLAIN);
      pool.release(claimed.id());
      assertThat(provider.destroyed).containsExactly(claimed.id());
      assertThat(claimed.destroy()).isFalse();
    }
  }

  @Test
  void destroyCountsOnceAndClosingAfterItDoesNothing() {
    try (SandboxPool pool = pool(0, PoolStrategy.LAZY)) {
      Sandbox claimed = pool.claim(provider, PLAIN);
      assertThat(claimed.destroy()).isTrue();
      assertThat(claimed.destroy()).isFalse();
      claimed.close();
      assertThat(pool.stats().destroyed()).isEqualTo(1);
      assertThat(pool.stats().total()).isZero();
    }
  }

  @Test
  void theLifetimeCountsFromTheClaim() {
    try (SandboxPool pool = pool(1, PoolStrategy.LAZY)) {
      pool.warm(provider, PLAIN);
      pool.awaitBackground();
      assertThat(provider.specs.getFirst().lifetime())
          .isEqualTo(PLAIN.lifetime().plus(pool.config().idleTimeout()));
      Sandbox claimed = pool.claim(provider, PLAIN);
      assertThat(claimed.deadline()).hasValue(RecordingProvider.EPOCH.plus(PLAIN.lifetime()));
      claimed.renew(Duration.ofHours(1));
      assertThat(claimed.deadline()).hasValue(RecordingProvider.EPOCH.plus(Duration.ofHours(1)));
    }
  }

  @Test
  void oneThatWaitedTooLongIsNotHandedOut() {
    try (SandboxPool pool = pool(1, PoolStrategy.LAZY)) {
      pool.warm(provider, PLAIN);
      pool.awaitBackground();
      time.advance(pool.config().idleTimeout().plusSeconds(1));
      assertThat(pool.claim(provider, PLAIN).id()).isNotEqualTo("mock-1");
      pool.cleanupExpired();
      assertThat(provider.destroyed).contains("mock-1");
    }
  }

  @Test
  void labelledOnesAreNeverMadeAheadOfNeed() {
    try (SandboxPool pool = pool(1, PoolStrategy.EAGER)) {
      SandboxSpec labelled = Fixtures.labelled("session", "7");
      assertThatThrownBy(() -> pool.warm(provider, labelled))
          .isInstanceOf(InvalidRequestException.class);
      pool.claim(provider, labelled);
      pool.awaitBackground();
      assertThat(provider.created).hasValue(1);
    }
  }

  @Test
  void aDetachedOneOutlivesThePool() {
    SandboxPool pool = pool(0, PoolStrategy.LAZY);
    SandboxSpec detached = PLAIN.toBuilder().detached().build();
    Sandbox open = pool.claim(provider, detached);
    Sandbox closed = pool.claim(provider, detached);
    closed.close();
    pool.close();
    assertThat(provider.boxes).containsOnlyKeys(open.id(), closed.id());
  }

  @Test
  void theKindAskedForLeastRecentlyIsForgotten() {
    try (SandboxPool pool = pool(1, PoolStrategy.LAZY)) {
      for (int i = 0; i < 9; i++) {
        pool.warm(provider, PLAIN.toBuilder().env("N", String.valueOf(i)).build());
        pool.awaitBackground();
      }
      assertThat(pool.stats().idle()).isEqualTo(pool.config().maxIdle());
    }
  }
}
