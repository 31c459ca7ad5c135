package dev.dunes.hosting;

import static dev.dunes.hosting.Ground.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxSpec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** How long sandboxes that were made ahead of need wait, and how many kinds of them there are. */
class SparePatienceTest {
  private final String ledger = UUID.randomUUID().toString();
  private final AtomicLong clock = new AtomicLong(Long.MAX_VALUE - 1); // it may run over
  private final Spares spares = new Spares(Ground::sandboxes, 1, ledger, clock::get);
  private final List<Sandbox> given = new ArrayList<>();

  @AfterEach
  void close() {
    spares.close();
    given.forEach(sandbox -> {
      sandbox.destroy();
      sandbox.close();
    });
    assertThat(waiting()).isEmpty();
  }

  /** Kinds differ in what can not be changed any more. */
  private static SandboxSpec kind(int number) {
    return SandboxSpec.builder().detached(true).workingDir("/tmp/" + number).build();
  }

  private String get(SandboxSpec spec) {
    Sandbox sandbox = spares.get("local", spec);
    given.add(sandbox);
    return sandbox.id();
  }

  private void wanted(SandboxSpec spec) {
    int before = spares.ready();
    get(spec);
    get(spec);
    await("one more waits", () -> spares.ready() > before);
  }

  private void pass(Duration time) {
    clock.addAndGet(time.toNanos());
  }

  private Set<String> waiting() {
    return Ground.sandboxes().list(Map.of(Ledger.LABEL_LEDGER, ledger)).stream()
        .filter(info -> info.labels().containsKey(Spares.LABEL))
        .map(info -> info.id())
        .collect(Collectors.toSet());
  }

  @Test
  void oneWaitsTenMinutesAtMost() {
    wanted(kind(1));
    Set<String> first = waiting();

    pass(Duration.ofMinutes(10));
    spares.sweep();
    assertThat(waiting()).isEqualTo(first);

    pass(Duration.ofNanos(1));
    spares.sweep();
    assertThat(waiting()).isEmpty();
    assertThat(first).doesNotContain(get(kind(1)));
  }

  @Test
  void oneThatHasWaitedTooLongGoesEvenWhenItsKindIsStillAskedFor() {
    wanted(kind(1));
    Set<String> first = waiting();
    pass(Duration.ofMinutes(9));
    assertThat(first).contains(get(kind(1)));
    await("another one waits", () -> spares.ready() == 1);
    Set<String> second = waiting();

    pass(Duration.ofMinutes(2));
    spares.sweep();
    assertThat(waiting()).as("it is two minutes old").isEqualTo(second);

    pass(Duration.ofMinutes(8).plusNanos(1));
    spares.sweep();
    assertThat(waiting()).isEmpty();
  }

  @Test
  void aKindThatWasAskedForTwiceButNotWithinTenMinutesIsNotMadeAhead() {
    get(kind(1));
    pass(Duration.ofMinutes(10).plusNanos(1));
    spares.sweep();
    get(kind(1));
    spares.close(); // what was begun has ended

    assertThat(waiting()).isEmpty();
  }

  @Test
  void ofNineKindsTheOneNobodyHasAskedForLongestIsForgotten() {
    List<Set<String>> before = new ArrayList<>();
    for (int kind = 0; kind < Spares.KINDS; kind++) {
      before.add(waiting());
      wanted(kind(kind));
    }
    Set<String> eight = waiting();
    assertThat(eight).hasSize(8);
    Set<String> ofTheSecond =
        before.get(2).stream()
            .filter(id -> !before.get(1).contains(id))
            .collect(Collectors.toSet());
    String first = get(kind(0)); // asked for again: the second one is the oldest now
    assertThat(eight).contains(first);
    await("eight wait", () -> spares.ready() == 8);

    get(kind(Spares.KINDS));

    assertThat(ofTheSecond).hasSize(1);
    assertThat(waiting()).hasSize(7).doesNotContainAnyElementsOf(ofTheSecond);
    assertThat(eight).contains(get(kind(Spares.KINDS - 1)));
    assertThat(ofTheSecond).doesNotContain(get(kind(1)));
  }
}
