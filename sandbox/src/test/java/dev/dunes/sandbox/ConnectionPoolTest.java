package dev.dunes.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class ConnectionPoolTest {
  private final RecordingProvider provider = new RecordingProvider();
  private final FakeTime time = new FakeTime();
  private final ConnectionPool pool =
      new ConnectionPool(
          provider,
          ConnectionPoolConfig.DEFAULT
              .withMaxConnections(3)
              .withTtl(Duration.ofMinutes(10))
              .withMaxIdleTime(Duration.ofMinutes(5)),
          time);

  private Sandbox get(String value) {
    return pool.getOrCreate(Fixtures.labelled("test", value));
  }

  @Test
  void equalLabelsShareEvenBeforeRelease() {
    assertThat(get("a").id()).isEqualTo(get("a").id());
    assertThat(provider.created).hasValue(1);
    SandboxSpec more = Fixtures.labelled("test", "a").toBuilder().label("more", "b").build();
    assertThat(pool.getOrCreate(more).id()).isEqualTo("mock-2");
  }

  @Test
  void releasedOnesAreReused() {
    Sandbox sandbox = get("a");
    assertThat(pool.release(sandbox)).isTrue();
    assertThat(get("a").id()).isEqualTo(sandbox.id());
    provider.add("foreign", SandboxSpec.DEFAULT, SandboxState.RUNNING, 1);
    assertThat(pool.release(provider.get("foreign").orElseThrow())).isFalse();
  }

  @Test
  void theLimitHoldsUntilOneIsReleased() {
    Sandbox first = get("a");
    get("b");
    get("c");
    assertThatThrownBy(() -> get("d"))
        .isInstanceOf(SandboxQuotaException.class)
        .hasMessage("Connection pool limit reached: 3");
    pool.release(first);
    assertThat(get("d").id()).isEqualTo("mock-4");
    assertThat(provider.destroyed).containsExactly(first.id());
  }

  @Test
  void oldAndIdleOnesAreDestroyedOnRequest() {
    pool.release(get("a"));
    get("busy");
    time.advance(Duration.ofMinutes(6));
    assertThat(pool.cleanupExpired()).isZero();
    assertThat(pool.cleanupIdle()).isEqualTo(1);
    time.advance(Duration.ofMinutes(5));
    assertThat(pool.cleanupExpired()).isZero();
    pool.release(get("busy"));
    assertThat(pool.cleanupIdle()).isZero();
    assertThat(pool.cleanupExpired()).isEqualTo(1);
    assertThat(provider.boxes).isEmpty();
  }

  @Test
  void metricsCount() {
    pool.release(get("a"));
    get("b");
    assertThat(pool.metrics()).isEqualTo(new ConnectionMetrics(2, 2, 1, 1));
  }

  @Test
  void aFailedCreationIsPassedOnAndGivesItsRoomBack() {
    provider.beforeCreate = Fixtures.failing("no");
    for (int i = 0; i < 4; i++) {
      assertThatThrownBy(() -> get("a")).hasMessage("no");
    }
    provider.beforeCreate = spec -> {};
    assertThat(get("a").id()).isEqualTo("mock-1");
  }

  @Test
  @DisplayName("L16 callers without labels never share")
  void emptyLabelsNeverShare() {
    Sandbox one = pool.getOrCreate(SandboxSpec.DEFAULT);
    assertThat(pool.getOrCreate(SandboxSpec.DEFAULT).id()).isNotEqualTo(one.id());
  }

  @Test
  @DisplayName("L16 one that cannot be destroyed does not end a clean-up")
  void cleanupGoesOn() {
    pool.release(get("a"));
    pool.release(get("b"));
    provider.beforeDestroy =
        id -> {
          if (id.equals("mock-1")) {
            throw new ProviderException("no");
          }
        };
    time.advance(Duration.ofMinutes(6));
    assertThat(pool.cleanupIdle()).isEqualTo(1);
    assertThat(provider.destroyed).containsExactly("mock-2");
    assertThat(pool.metrics().totalConnections()).isZero();
  }

  @Test
  void callersAtTheSameTimeShareOneCreation() throws Exception {
    CountDownLatch inside = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    provider.beforeCreate =
        spec -> {
          inside.countDown();
          Await.latch(go);
        };
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<Sandbox> one = threads.submit(() -> get("a"));
      inside.await();
      Future<Sandbox> two = threads.submit(() -> get("a"));
      go.countDown();
      assertThat(two.get().id()).isEqualTo(one.get().id());
    }
    assertThat(provider.created).hasValue(1);
  }

  @Test
  void closeDestroysAll() {
    get("a");
    get("b");
    pool.close();
    assertThat(provider.destroyed).containsExactlyInAnyOrderElementsOf(List.of("mock-1", "mock-2"));
  }

  @Test
  void limitsAreChecked() {
    assertThatThrownBy(() -> ConnectionPoolConfig.DEFAULT.withMaxConnections(0))
        .isInstanceOf(InvalidRequestException.class);
    assertThatThrownBy(() -> ConnectionPoolConfig.DEFAULT.withTtl(Duration.ZERO))
        .isInstanceOf(InvalidRequestException.class);
    assertThatThrownBy(() -> ConnectionPoolConfig.DEFAULT.withMaxIdleTime(Duration.ZERO))
        .isInstanceOf(InvalidRequestException.class);
  }
}
