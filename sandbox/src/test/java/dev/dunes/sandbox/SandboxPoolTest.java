package dev.dunes.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class SandboxPoolTest {
  private static final SandboxSpec WEB =
      Fixtures.labelled("app", "web").toBuilder().lifetime(Duration.ofDays(1)).build();
  private static final SandboxSpec PLAIN =
      SandboxSpec.builder().lifetime(Duration.ofDays(1)).build();

  private final RecordingProvider provider = new RecordingProvider();
  private final FakeTime time = new FakeTime();
  private final List<SandboxPool> pools = new ArrayList<>();

  private SandboxPool pool(PoolConfigBuilder config) {
    SandboxPool pool = new SandboxPool(config.autoCleanup(false).build(), Creation.UNLIMITED, time);
    pools.add(pool);
    return pool;
  }

  private SandboxPool pool() {
    return pool(PoolConfig.builder());
  }

  @AfterEach
  void close() {
    pools.forEach(SandboxPool::close);
    assertThat(provider.boxes).isEmpty();
  }

  @Test
  void aLazyPoolMakesOneWhenAsked() {
    SandboxPool pool = pool();
    pool.start(provider, WEB);
    assertThat(provider.created).hasValue(0);
    Sandbox sandbox = pool.acquire(provider, WEB);
    assertThat(pool.stats().busy()).isEqualTo(1);
    assertThat(pool.release(sandbox.id())).isTrue();
    assertThat(pool.stats().idle()).isEqualTo(1);
    assertThat(pool.release(sandbox.id())).isFalse();
    assertThat(pool.release("unknown")).isFalse();
  }

  @Test
  void theSameLabelsReuse() {
    SandboxPool pool = pool();
    Sandbox one = pool.acquire(provider, WEB);
    pool.release(one.id());
    assertThat(pool.acquire(provider, WEB).id()).isEqualTo(one.id());
    assertThat(provider.created).hasValue(1);
    assertThat(pool.stats().reused()).isEqualTo(1);
  }

  @Test
  void fullPoolsRefuseUntilOneIsGivenBack() {
    SandboxPool pool = pool(PoolConfig.builder().maxTotal(5));
    List<Sandbox> all = IntStream.range(0, 5).mapToObj(i -> pool.acquire(provider, PLAIN)).toList();
    assertThatThrownBy(() -> pool.acquire(provider, PLAIN, Duration.ofMillis(1)))
        .isInstanceOf(SandboxQuotaException.class)
        .hasMessage("Pool limit reached: 5");
    assertThat(pool.stats().timeouts()).isEqualTo(1);
    assertThat(pool.healthCheck().healthy()).isFalse();
    pool.release(all.getFirst().id());
    assertThat(pool.acquire(provider, PLAIN, Duration.ZERO).id()).isEqualTo(all.getFirst().id());
  }

  @Test
  void aPoolOfNothingRefusesAtOnce() {
    SandboxPool pool = pool(PoolConfig.builder().maxTotal(0));
    assertThatThrownBy(() -> pool.acquire(provider, PLAIN))
        .isInstanceOf(SandboxQuotaException.class)
        .hasMessage("Pool limit reached: 0");
  }

  @Test
  void oldOnesAreDestroyedAndReplaced() {
    SandboxPool pool = pool(PoolConfig.builder().sandboxTtl(Duration.ofMinutes(1)));
    Sandbox old = pool.acquire(provider, WEB);
    pool.release(old.id());
    time.advance(Duration.ofSeconds(61));
    assertThat(pool.acquire(provider, WEB).id()).isNotEqualTo(old.id());
    assertThat(pool.cleanupExpired()).isEqualTo(1);
    assertThat(provider.destroyed).containsExactly(old.id());
  }

  @Test
  void idleOnesAreDestroyedAndBusyOnesAreNot() {
    SandboxPool pool = pool(PoolConfig.builder().idleTimeout(Duration.ofSeconds(30)));
    Sandbox idle = pool.acquire(provider, WEB);
    pool.acquire(provider, WEB);
    pool.release(idle.id());
    time.advance(Duration.ofSeconds(31));
    assertThat(pool.cleanupExpired()).isEqualTo(1);
    assertThat(provider.destroyed).containsExactly(idle.id());
    assertThat(pool.stats()).isEqualTo(new PoolStats(2, 1, 0, 0, 0, 1, 0, 1));
  }

  @Test
  void statsCount() {
    SandboxPool pool = pool();
    pool.acquire(provider, PLAIN);
    pool.release(pool.acquire(provider, PLAIN).id());
    assertThat(pool.stats()).isEqualTo(new PoolStats(2, 0, 0, 0, 0, 2, 1, 1));
    assertThat(pool.healthCheck().config().maxTotal()).isEqualTo(10);
  }

  @Test
  void labelsAreAnIndex() {
    SandboxPool pool = pool();
    pool.acquire(provider, WEB);
    pool.acquire(provider, WEB.toBuilder().label("env", "test").build());
    pool.acquire(provider, Fixtures.labelled("app", "db"));
    assertThat(pool.findByLabels(Map.of("app", "web"))).hasSize(2);
    assertThat(pool.findByLabels(Map.of("app", "web", "env", "test"))).hasSize(1);
    assertThat(pool.findByLabels(Map.of())).isEmpty();
  }

  @Test
  @DisplayName("L14 five acquires of a slow provider go on at the same time")
  void creationsOverlap() throws Exception {
    SandboxPool pool = pool();
    CyclicBarrier allInside = new CyclicBarrier(5);
    provider.beforeCreate = spec -> Await.barrier(allInside); // passes only when all five are here
    Callable<String> acquire = () -> pool.acquire(provider, PLAIN).id();
    assertThat(Set.copyOf(together(5, acquire))).hasSize(5);
    assertThat(pool.stats().busy()).isEqualTo(5);
  }

  @Test
  @DisplayName("L14 capacity is reserved while sandboxes are being made")
  void capacityIsReserved() throws Exception {
    SandboxPool pool = pool(PoolConfig.builder().maxTotal(2));
    CyclicBarrier both = new CyclicBarrier(2);
    provider.beforeCreate =
        spec -> {
          Await.barrier(both);
          assertThatThrownBy(() -> pool.acquire(provider, PLAIN, Duration.ZERO))
              .isInstanceOf(SandboxQuotaException.class);
        };
    assertThat(together(2, () -> pool.acquire(provider, PLAIN).id())).hasSize(2);
    assertThat(provider.created).hasValue(2);
  }

  @Test
  void tenWorkersShareTwo() throws Exception {
    SandboxPool pool = pool(PoolConfig.builder().maxTotal(2));
    Set<String> ids = ConcurrentHashMap.newKeySet();
    List<String> results =
        together(
            10,
            () -> {
              String id = pool.acquire(provider, WEB).id();
              ids.add(id);
              assertThat(provider.boxes.size()).isLessThanOrEqualTo(2);
              pool.release(id);
              return id;
            });
    assertThat(results).hasSize(10);
    assertThat(ids).hasSizeLessThanOrEqualTo(2);
  }

  @Test
  void aFailedCreationGivesItsRoomBack() {
    SandboxPool pool = pool(PoolConfig.builder().maxTotal(1));
    provider.beforeCreate = Fixtures.failing("no");
    assertThatThrownBy(() -> pool.acquire(provider, PLAIN)).hasMessage("no");
    assertThat(pool.stats().errors()).isEqualTo(1);
    provider.beforeCreate = spec -> {};
    assertThat(pool.acquire(provider, PLAIN, Duration.ZERO).id()).isEqualTo("mock-1");
  }

  @Test
  void setUpCommandsRunInPooledOnes() {
    SandboxPool pool = pool();
    SandboxSpec spec = PLAIN.toBuilder().setupCommand("fail 2").build();
    assertThatThrownBy(() -> pool.acquire(provider, spec)).isInstanceOf(SetupFailedException.class);
    assertThat(provider.boxes).isEmpty();
  }

  @Test
  void unhealthyOnesAreListedAndNotHandedOut() {
    SandboxPool pool = pool();
    Sandbox flagged = pool.acquire(provider, WEB);
    Sandbox dead = pool.acquire(provider, WEB);
    Sandbox fine = pool.acquire(provider, WEB);
    assertThat(pool.markUnhealthy(flagged.id())).isTrue();
    assertThat(pool.markUnhealthy("unknown")).isFalse();
    provider.boxes.get(dead.id()).state = SandboxState.ERROR;
    assertThat(pool.checkHealth()).containsExactly(flagged.id(), dead.id());
    List.of(flagged, dead, fine).forEach(s -> pool.release(s.id()));
    assertThat(provider.destroyed).containsExactly(flagged.id(), dead.id());
    assertThat(pool.acquire(provider, WEB).id()).isEqualTo(fine.id());
  }

  @Test
  void oneThatEndedWhileIdleIsReplaced() {
    SandboxPool pool = pool();
    Sandbox gone = pool.acquire(provider, WEB);
    pool.release(gone.id());
    provider.boxes.clear();
    assertThat(pool.acquire(provider, WEB).id()).isEqualTo("mock-2");
    assertThat(pool.stats().total()).isEqualTo(1);
  }

  @Test
  void itsLifetimeCountsFromEachAcquire() {
    SandboxPool pool = pool();
    FakeSandbox one = (FakeSandbox) pool.acquire(provider, WEB);
    pool.release(one.id());
    pool.acquire(provider, WEB);
    assertThat(one.renewals()).containsExactly(WEB.lifetime());
  }

  @Test
  void failuresToDestroyAreSwallowed() {
    SandboxPool pool = pool();
    Sandbox sandbox = pool.acquire(provider, PLAIN);
    provider.beforeDestroy =
        id -> {
          throw new ProviderException("no");
        };
    pool.destroy(sandbox.id());
    assertThat(pool.stats().total()).isZero();
    assertThat(pool.stats().destroyed()).isZero();
    provider.boxes.clear();
  }

  @Test
  void hooksAreCalledAndTheirFailuresSwallowed() {
    List<String> calls = new ArrayList<>();
    SandboxPool pool =
        pool(
            PoolConfig.builder()
                .onCreate(s -> {
                  calls.add("create " + s.id());
                  throw new IllegalStateException();
                })
                .onReuse(s -> {
                  calls.add("reuse " + s.id());
                  throw new IllegalStateException();
                })
                .onDestroy(s -> {
                  calls.add("destroy " + s.id());
                  throw new IllegalStateException();
                }));
    pool.release(pool.acquire(provider, PLAIN).id());
    pool.acquire(provider, PLAIN);
    assertThat(pool.destroy("mock-1")).isTrue();
    assertThat(pool.destroy("mock-1")).isFalse();
    assertThat(calls).containsExactly("create mock-1", "reuse mock-1", "destroy mock-1");
  }

  @Test
  void anEagerPoolIsReadyWhenStarted() {
    SandboxPool pool = pool(PoolConfig.builder().strategy(PoolStrategy.EAGER).minIdle(2));
    pool.start(provider, PLAIN);
    assertThat(pool.stats()).isEqualTo(new PoolStats(2, 0, 0, 0, 0, 2, 2, 0));
    pool.acquire(provider, PLAIN);
    pool.awaitBackground();
    assertThat(pool.stats().idle()).isEqualTo(2);
    assertThat(pool.stats().busy()).isEqualTo(1);
  }

  @Test
  void eagerMeansNoMoreThanTheOtherLimitsAllow() {
    SandboxPool pool =
        pool(PoolConfig.builder().strategy(PoolStrategy.EAGER).minIdle(9).maxIdle(4).maxTotal(3));
    pool.start(provider, PLAIN);
    assertThat(provider.created).hasValue(3);
  }

  @Test
  void aFailureToPrewarmIsCountedAndLogged() {
    SandboxPool pool = pool(PoolConfig.builder().strategy(PoolStrategy.EAGER).minIdle(1));
    provider.beforeCreate = Fixtures.failing("no");
    pool.start(provider, PLAIN);
    assertThat(pool.stats().errors()).isEqualTo(1);
    provider.beforeCreate = spec -> {};
    pool.cleanupExpired();
    pool.awaitBackground();
    assertThat(pool.stats().idle()).isEqualTo(1);
  }

  @Test
  @DisplayName("L15 another provider or another image is another sandbox")
  void theKeyHasProviderAndImage() {
    SandboxPool pool = pool();
    RecordingProvider other = new RecordingProvider("other");
    pool.release(pool.acquire(provider, WEB).id());
    assertThat(((FakeSandbox) pool.acquire(other, WEB)).made).isSameAs(other);
    SandboxSpec image = WEB.toBuilder().image("python").build();
    assertThat(pool.acquire(provider, image).spec().image()).hasValue("python");
    assertThat(pool.stats().reused()).isZero();
  }

  @Test
  @DisplayName("L15 equal specifications without labels reuse, others do not")
  void equalSpecificationsReuse() {
    SandboxPool pool = pool();
    pool.release(pool.acquire(provider, PLAIN.toBuilder().env("A", "1").build()).id());
    assertThat(pool.acquire(provider, PLAIN).id()).isEqualTo("mock-2");
    assertThat(pool.acquire(provider, PLAIN.toBuilder().env("A", "1").build()).id())
        .isEqualTo("mock-1");
  }

  @Test
  @DisplayName("L15 a busy sandbox outlives its time and goes when it is given back")
  void ttlTakesEffectAtRelease() {
    SandboxPool pool = pool(PoolConfig.builder().sandboxTtl(Duration.ofMinutes(1)));
    Sandbox busy = pool.acquire(provider, PLAIN);
    time.advance(Duration.ofSeconds(61));
    assertThat(pool.cleanupExpired()).isZero();
    assertThat(provider.destroyed).isEmpty();
    pool.release(busy.id());
    assertThat(provider.destroyed).containsExactly(busy.id());
  }

  @Test
  @DisplayName("L15 every eviction calls onDestroy")
  void evictionsCallTheHook() {
    List<String> destroyed = new ArrayList<>();
    SandboxPool pool = pool(PoolConfig.builder().maxTotal(1).onDestroy(s -> destroyed.add(s.id())));
    pool.release(pool.acquire(provider, WEB).id());
    pool.acquire(provider, PLAIN);
    assertThat(destroyed).containsExactly("mock-1");
  }

  @Test
  @DisplayName("L15 the least recently used goes first, also within one tick of the clock")
  void leastRecentlyUsedGoesFirst() {
    SandboxPool pool = pool(PoolConfig.builder().maxIdle(1));
    Sandbox one = pool.acquire(provider, WEB);
    Sandbox two = pool.acquire(provider, WEB);
    pool.release(two.id());
    pool.release(one.id()); // same tick: one of the two goes all the same
    assertThat(pool.stats().idle()).isEqualTo(1);
    assertThat(provider.destroyed).hasSize(1);
    Sandbox kept = pool.acquire(provider, WEB);
    Sandbox third = pool.acquire(provider, WEB);
    time.advance(Duration.ofSeconds(1));
    pool.release(kept.id());
    time.advance(Duration.ofSeconds(1));
    pool.release(third.id());
    assertThat(provider.destroyed).hasSize(2).endsWith(kept.id());
  }

  @Test
  @DisplayName("L15 a time limit of 0 does not wait")
  void zeroDoesNotWait() {
    SandboxPool pool = pool(PoolConfig.builder().maxTotal(1));
    pool.acquire(provider, PLAIN);
    assertThatThrownBy(() -> pool.acquire(provider, PLAIN, Duration.ZERO))
        .isInstanceOf(SandboxQuotaException.class);
  }

  @Test
  @DisplayName("L15 a hybrid pool keeps some warm after the first acquire")
  void hybrid() {
    SandboxPool pool = pool(PoolConfig.builder().strategy(PoolStrategy.HYBRID).minIdle(2));
    pool.start(provider, PLAIN);
    assertThat(provider.created).hasValue(0);
    pool.acquire(provider, PLAIN);
    pool.awaitBackground();
    assertThat(pool.stats().idle()).isEqualTo(2);
  }

  @Test
  void withoutReuseWhatComesBackIsDestroyed() {
    SandboxPool pool = pool(PoolConfig.builder().reuse(false));
    pool.release(pool.acquire(provider, PLAIN).id());
    assertThat(provider.destroyed).containsExactly("mock-1");
    assertThat(pool.acquire(provider, PLAIN).id()).isEqualTo("mock-2");
  }

  @Test
  void aClosedPoolRefuses() {
    SandboxPool pool = pool();
    pool.acquire(provider, PLAIN);
    pool.close();
    assertThat(provider.destroyed).containsExactly("mock-1");
    assertThatThrownBy(() -> pool.acquire(provider, PLAIN))
        .isInstanceOf(SandboxStateException.class);
    assertThatThrownBy(() -> pool.claim(provider, PLAIN)).isInstanceOf(SandboxStateException.class);
  }

  private static <T> List<T> together(int count, Callable<T> call) throws Exception {
    List<T> results = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<T>> all = IntStream.range(0, count).mapToObj(i -> threads.submit(call)).toList();
      for (Future<T> one : all) {
        results.add(one.get());
      }
    }
    return results;
  }
}
