package dev.dunes.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class ReuseTest {
  private static final Map<String, String> WEB = Map.of("app", "web");
  private static final SandboxSpec WANTED = Fixtures.labelled("app", "web");

  private final RecordingProvider a = new RecordingProvider("a");
  private final RecordingProvider b = new RecordingProvider("b");
  private final FakeTime time = new FakeTime();
  private final Sandboxes sandboxes =
      Sandboxes.builder()
          .factories(List.of())
          .settings(Fixtures.NOTHING_SET)
          .time(time)
          .register("a", a)
          .register("b", b)
          .build();

  @Test
  void findsTheRunningOneAmongStoppedOnes() {
    a.add("stopped", WANTED, SandboxState.STOPPED, 1);
    a.add("running", WANTED, SandboxState.RUNNING, 2);
    a.add("other", Fixtures.labelled("app", "db"), SandboxState.RUNNING, 0);
    assertThat(sandboxes.find(WEB).orElseThrow().id()).isEqualTo("running");
    assertThat(sandboxes.find(Map.of("app", "none"))).isEmpty();
  }

  @Test
  void theOldestWinsThenTheSmallestId() {
    a.add("z", WANTED, SandboxState.RUNNING, 1);
    a.add("y", WANTED, SandboxState.RUNNING, 1);
    a.add("x", WANTED, SandboxState.RUNNING, 2);
    assertThat(sandboxes.find(WEB).orElseThrow().id()).isEqualTo("y");
  }

  @Test
  void aStartingOneIsWaitedFor() {
    RecordingProvider.Box box = a.add("slow", WANTED, SandboxState.STARTING, 1);
    box.next.addAll(List.of(SandboxState.STARTING, SandboxState.STARTING, SandboxState.RUNNING));
    assertThat(sandboxes.find(WEB).orElseThrow().id()).isEqualTo("slow");
    assertThat(time.sleeps).hasSize(2);
  }

  @Test
  void aStartingOneThatNeverStartsIsGivenUp() {
    a.add("stuck", WANTED, SandboxState.STARTING, 1);
    assertThat(sandboxes.find(WEB)).isEmpty();
    assertThat(a.closedHandles).containsExactly("stuck");
  }

  @Test
  void reusesOnAMatchAndElseCreates() {
    Sandbox made = sandboxes.getOrCreate(WANTED);
    Sandbox found = sandboxes.getOrCreate(WANTED);
    assertThat(found.id()).isEqualTo(made.id());
    assertThat(a.created).hasValue(1);
    found.close();
    assertThat(a.boxes).hasSize(1);
    assertThat(sandboxes.getOrCreate(Fixtures.labelled("app", "db")).id()).isNotEqualTo(made.id());
  }

  @Test
  void setUpCommandsDoNotRunOnReuse() {
    SandboxSpec spec = WANTED.toBuilder().setupCommand("echo once").build();
    sandboxes.getOrCreate(spec);
    sandboxes.getOrCreate(spec);
    assertThat(a.commands).hasSize(1);
  }

  @Test
  @DisplayName("L6 empty labels are refused")
  void emptyLabelsAreRefused() {
    assertThatThrownBy(() -> sandboxes.getOrCreate(SandboxSpec.DEFAULT))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageStartingWith("labels");
    assertThatThrownBy(() -> sandboxes.find(Map.of())).isInstanceOf(InvalidRequestException.class);
    assertThat(a.created).hasValue(0);
  }

  @Test
  @DisplayName("L6 only the requested chain is searched")
  void onlyTheChainIsSearched() {
    a.add("elsewhere", WANTED, SandboxState.RUNNING, 1);
    assertThat(sandboxes.getOrCreate(WANTED, Placement.at("b")).provider()).isEqualTo("b");
    assertThat(a.lists).hasValue(0);
    assertThat(sandboxes.find(WEB, Placement.at("b").orElse("a")).orElseThrow().provider())
        .isEqualTo("b");
  }

  @Test
  @DisplayName("L6 when no provider could be searched nothing is made")
  void allSearchesFailing() {
    a.beforeCall =
        () -> {
          throw new ProviderException("a is down");
        };
    b.beforeCall =
        () -> {
          throw new ProviderException("b is down");
        };
    assertThatThrownBy(() -> sandboxes.getOrCreate(WANTED, Placement.at("a").orElse("b")))
        .hasMessage("b is down")
        .satisfies(e -> assertThat(e.getSuppressed()[0]).hasMessage("a is down"));
    assertThat(a.created).hasValue(0);
    assertThat(b.created).hasValue(0);
  }

  @Test
  @DisplayName("L6 one search failing does not hide what another finds")
  void oneSearchFailing() {
    a.beforeCall =
        () -> {
          throw new ProviderException("a is down");
        };
    b.add("there", WANTED, SandboxState.RUNNING, 1);
    assertThat(sandboxes.find(WEB).orElseThrow().id()).isEqualTo("there");
  }

  @Test
  @DisplayName("L6 callers with the same labels at the same time share one creation")
  void oneCreationAtATime() throws Exception {
    int callers = 8;
    CountDownLatch begun = new CountDownLatch(callers);
    Callable<String> call =
        () -> {
          begun.countDown();
          begun.await();
          return sandboxes.getOrCreate(WANTED).id();
        };
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<String>> all =
          IntStream.range(0, callers).mapToObj(i -> threads.submit(call)).toList();
      for (Future<String> one : all) {
        assertThat(one.get()).isEqualTo("mock-1");
      }
    }
    assertThat(a.created).hasValue(1);
  }

  @Test
  @DisplayName("L6 a duplicate made by another process yields to the older one")
  void theYoungerYields() {
    a.beforeCreate = spec -> a.add("theirs", WANTED, SandboxState.RUNNING, 0);
    assertThat(sandboxes.getOrCreate(WANTED).id()).isEqualTo("theirs");
    assertThat(a.destroyed).containsExactly("mock-1");
  }

  @Test
  @DisplayName("L6 the older one stays when another process makes a duplicate")
  void theOlderStays() {
    a.beforeCreate = spec -> a.add("theirs", WANTED, SandboxState.RUNNING, 99);
    assertThat(sandboxes.getOrCreate(WANTED).id()).isEqualTo("mock-1");
    assertThat(a.destroyed).isEmpty();
  }

  @Test
  @DisplayName("L6 those who wait for somebody else's creation wait only so long")
  void waitingHasAnEnd() throws Exception {
    Sandboxes impatient =
        Fixtures.only("a2", a, ManagerOptions.DEFAULT.withCreationWait(Duration.ofMillis(1)));
    CountDownLatch inside = new CountDownLatch(1);
    CountDownLatch done = new CountDownLatch(1);
    a.beforeCreate =
        spec -> {
          inside.countDown();
          Await.latch(done);
        };
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<Sandbox> first = threads.submit(() -> impatient.getOrCreate(WANTED));
      inside.await();
      assertThatThrownBy(() -> impatient.getOrCreate(WANTED))
          .isInstanceOf(SandboxTimeoutException.class);
      done.countDown();
      assertThat(first.get().id()).isEqualTo("mock-1");
    }
  }
}
