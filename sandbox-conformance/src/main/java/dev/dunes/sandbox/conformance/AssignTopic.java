package dev.dunes.sandbox.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunes.sandbox.Assigning;
import dev.dunes.sandbox.InvalidRequestException;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxInfo;
import dev.dunes.sandbox.SandboxNotFoundException;
import dev.dunes.sandbox.SandboxSpec;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.function.Supplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Giving away what was made ahead of need. */
abstract class AssignTopic extends Topic {
  AssignTopic(Supplier<Suite> suite) {
    super(suite);
  }

  @BeforeEach
  void needsAssigning() {
    needs(Feature.ASSIGN);
  }

  private static Assigning of(Sandbox made) {
    return made.assigning().orElseThrow();
  }

  @Test
  void itIsFoundAsIfItHadBeenMadeForThis() {
    String before = Suite.unique();
    String after = Suite.unique();
    SandboxSpec waiting = suite().spec().label("a", before).env("OLD", "1").detached().build();
    SandboxSpec wanted =
        suite()
            .spec()
            .label("a", after)
            .env("NEW", "2")
            .lifetime(Duration.ofMinutes(3))
            .detached()
            .build();
    Sandbox made = suite().provider().create(waiting);
    Instant then = Instant.now();

    try (Sandbox given = of(made).assign(wanted)) {
      assertThat(given.id()).isEqualTo(made.id());
      assertThat(given.spec()).isEqualTo(wanted);
      assertThat(given.labels()).containsEntry("a", after);
      assertThat(given.exec("echo ${OLD-none} $NEW").stdout()).isEqualTo("none 2\n");
      assertThat(given.info().createdAt().orElseThrow()).isAfterOrEqualTo(then);
      assertThat(given.deadline().orElseThrow())
          .isBetween(then.plusSeconds(180), Instant.now().plusSeconds(180));
      assertThat(suite().provider().list(Map.of("a", before))).isEmpty();
      assertThat(suite().provider().list(Map.of("a", after)))
          .extracting(SandboxInfo::id)
          .containsExactly(made.id());
    } finally {
      suite().provider().destroy(made.id());
    }
  }

  @Test
  void itEndsWhenItsNewTimeIsOver() {
    Sandbox made = suite().provider().create(suite().spec().detached().build());
    try (Sandbox given =
        of(made).assign(suite().spec().detached().lifetime(Duration.ofSeconds(2)).build())) {
      Suite.eventually("it has ended", () -> suite().provider().get(given.id()).isEmpty());
    }
  }

  @Test
  void whatIsNotDetachedStillEndsWithItsNewHandle() {
    Sandbox made = suite().create();
    String id = made.id();
    of(made).assign(suite().spec().label("b", Suite.unique()).build()).close();

    assertThat(suite().provider().get(id)).isEmpty();
  }

  @Test
  void moreThanThatCannotBeChanged() {
    try (Sandbox made = suite().create()) {
      assertThatThrownBy(() -> of(made).assign(suite().spec().workingDir("/tmp").build()))
          .isInstanceOf(InvalidRequestException.class);
      assertThatThrownBy(() -> of(made).assign(suite().spec().detached().build()))
          .isInstanceOf(InvalidRequestException.class);
      assertThat(made.exec("echo still here").stdout()).isEqualTo("still here\n");
    }
  }

  @Test
  void whatIsGoneCannotBeGivenAway() {
    Sandbox made = suite().create();
    made.destroy();

    assertThatThrownBy(() -> of(made).assign(suite().spec().build()))
        .isInstanceOf(SandboxNotFoundException.class);
  }

  @Test
  void anotherProcessSeesWhoseItIs() throws IOException {
    needs(Feature.SEEN_BY_OTHER_PROCESSES);
    String label = Suite.unique();
    Sandbox made = suite().create();
    try (Sandbox given = of(made).assign(suite().spec().label("peer", label).build());
        Peer peer = Peer.start(suite())) {
      assertThat(peer.ask("find", label)).isEqualTo(given.id());
    }
  }
}
