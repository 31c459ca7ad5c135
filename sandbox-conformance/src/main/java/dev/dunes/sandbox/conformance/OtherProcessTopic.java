package dev.dunes.sandbox.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxInfo;
import dev.dunes.sandbox.SandboxNotFoundException;
import dev.dunes.sandbox.SandboxState;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What other processes see of a sandbox, and what becomes of it when the process that made it goes.
 */
abstract class OtherProcessTopic extends Topic {
  private static final String BACKGROUND =
      "setsid sleep 1000 </dev/null >/dev/null 2>&1 & echo started; exec sleep 1000";

  OtherProcessTopic(Supplier<Suite> suite) {
    super(suite);
  }

  @BeforeEach
  void needsOtherProcesses() {
    needs(Feature.SEEN_BY_OTHER_PROCESSES);
  }

  @Test
  void anotherProcessFindsByLabelsWhatThisOneMade() throws IOException {
    String label = Suite.unique();
    try (Sandbox made = suite().provider().create(suite().spec().label("peer", label).build());
        Peer peer = Peer.start(suite())) {
      made.files().write("from-here", "seen");

      assertThat(peer.ask("find", label)).isEqualTo(made.id());
      assertThat(peer.ask("exec", made.id(), "cat from-here; echo there > from-there"))
          .isEqualTo("seen");
      assertThat(made.files().readText("from-there")).isEqualTo("there\n");
      assertThat(peer.ask("find", Suite.unique())).isEqualTo("none");
    }
  }

  @Test
  void thisProcessFindsByLabelsWhatAnotherMade() throws IOException {
    String label = Suite.unique();
    try (Peer peer = Peer.start(suite())) {
      String id = peer.ask("create", label);

      Sandbox found = suite().provider().find(Map.of("peer", label)).orElseThrow();
      assertThat(found.id()).isEqualTo(id);
      assertThat(found.labels()).containsEntry("peer", label);
      assertThat(found.exec("echo from here").stdout()).isEqualTo("from here\n");
      assertThat(suite().provider().list(Map.of("peer", label)))
          .extracting(SandboxInfo::id)
          .containsExactly(id);
      found.close();
      assertThat(peer.ask("state", id)).isEqualTo("running");
      assertThat(suite().provider().destroy(id)).isTrue();
      assertThat(peer.ask("state", id)).isEqualTo("gone");
    }
  }

  @Test
  void whatAnotherProcessDestroysIsGoneHere() throws IOException {
    Sandbox made = suite().create();
    assertThat(made.exec("true").success()).isTrue();
    try (Peer peer = Peer.start(suite())) {
      assertThat(peer.ask("destroy", made.id())).isEqualTo("true");
    }

    assertThat(made.state()).isEqualTo(SandboxState.TERMINATED);
    assertThatThrownBy(() -> made.exec("true")).isInstanceOf(SandboxNotFoundException.class);
    assertThat(made.destroy()).isFalse();
    made.close();
  }

  @Test
  void ofTwoProcessesThatDestroyOneDoes() throws IOException {
    try (Peer first = Peer.start(suite());
        Peer second = Peer.start(suite())) {
      for (int i = 0; i < 5; i++) {
        String id = suite().create().id();
        first.tell("destroy", id);
        second.tell("destroy", id);
        assertThat(List.of(first.answer(), second.answer()))
            .containsExactlyInAnyOrder("true", "false");
      }
    }
  }

  @Test
  void whenTheMakerIsKilledNothingIsLeft() throws Exception {
    needs(Feature.ENDS_WITH_ITS_OWNER);
    String label = Suite.unique();
    String id;
    try (Peer peer = Peer.start(suite())) {
      id = peer.ask("create", label);
      assertThat(peer.ask("start", id, "COOKIE=%s; export COOKIE; %s".formatted(label, BACKGROUND)))
          .isEqualTo("started");
      peer.kill();
    }

    assertThat(suite().provider().list(Map.of("peer", label))).isEmpty();
    assertThat(suite().provider().get(id)).isEmpty();
    if (suite().has(Feature.ON_THIS_MACHINE)) {
      assertThat(Processes.withVariable("COOKIE", label)).isEmpty();
    }
  }

  @Test
  void withoutAnyNextCallTheProcessesEndWithTheirMaker() throws Exception {
    needs(Feature.ENDS_WITH_ITS_OWNER);
    needs(Feature.ON_THIS_MACHINE);
    String label = Suite.unique();
    try (Peer peer = Peer.start(suite())) {
      String id = peer.ask("create", label);
      peer.ask("start", id, "COOKIE=%s; export COOKIE; %s".formatted(label, BACKGROUND));
      Suite.eventually("it runs", () -> !Processes.withVariable("COOKIE", label).isEmpty());
      peer.kill();
    }

    Suite.eventually("it has ended", () -> Processes.withVariable("COOKIE", label).isEmpty());
  }

  @Test
  void whenTheMakerEndsWhatIsDetachedGoesOn() throws Exception {
    String label = Suite.unique();
    String id;
    try (Peer peer = Peer.start(suite())) {
      id = peer.ask("create-detached", label);
      assertThat(peer.ask("exec", id, "echo kept > file; echo done")).isEqualTo("done");
      peer.end();
    }

    try (Sandbox found = suite().provider().find(Map.of("peer", label)).orElseThrow()) {
      assertThat(found.id()).isEqualTo(id);
      assertThat(found.files().readText("file")).isEqualTo("kept\n");
      assertThat(found.spec().detached()).isTrue();
    }
    assertThat(suite().provider().destroy(id)).isTrue();
  }

  @Test
  void whenTheMakerIsKilledWhatIsDetachedGoesOn() throws Exception {
    String id;
    try (Peer peer = Peer.start(suite())) {
      id = peer.ask("create-detached", Suite.unique());
      peer.kill();
    }

    assertThat(suite().provider().execute(id, dev.dunes.sandbox.Command.shell("echo on")).stdout())
        .isEqualTo("on\n");
    assertThat(suite().provider().destroy(id)).isTrue();
  }

  @Test
  void whenTheMakerEndsWhatIsNotDetachedEnds() throws Exception {
    needs(Feature.ENDS_WITH_ITS_OWNER);
    String label = Suite.unique();
    try (Peer peer = Peer.start(suite())) {
      peer.ask("create", label);
      peer.end();
    }

    assertThat(suite().provider().list(Map.of("peer", label))).isEmpty();
  }
}
