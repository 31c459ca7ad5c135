package dev.dunes.agent.codex;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunes.agent.AgentEvent;
import dev.dunes.agent.AgentException;
import dev.dunes.agent.AgentOutput;
import dev.dunes.agent.AgentSession;
import dev.dunes.agent.PermissionPolicy;
import dev.dunes.agent.Prompt;
import dev.dunes.agent.TokenUsage;
import dev.dunes.agent.harness.Answering;
import dev.dunes.agent.harness.RealAgent;
import dev.dunes.agent.harness.Transcript;
import dev.dunes.scripted.Fault;
import dev.dunes.scripted.RecordedRequest;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Interrupts, ends and beginnings of the real program. */
@Timeout(240)
final class RealCodexFaultsTest {
  private static final String MODEL = RealCodexTest.MODEL;

  @Test
  void aConversationIsResumedAndForked() {
    try (RealAgent codex = new RealAgent("codex")) {
      String id;
      try (AgentSession session = codex.open(o -> o.model(MODEL))) {
        session.send(new Prompt("Remember BLUE [[text]]"));
        Transcript.turn(session);
        id = session.nativeSessionId().orElseThrow();
      }
      try (AgentSession session = codex.open(o -> o.model(MODEL).resume(id, false))) {
        session.send(new Prompt("And now [[hello]]"));
        Transcript resumed = Transcript.turn(session);
        assertThat(resumed.outcome().success()).isTrue();
        assertThat(resumed.outcome().tokens()).isEqualTo(new TokenUsage(240, 0, 40));
        assertThat(session.nativeSessionId()).contains(id);
        assertThat(RealCodexTest.lastBody(codex)).contains("Remember BLUE");
      }
      try (AgentSession session = codex.open(o -> o.model(MODEL).resume(id, true))) {
        session.send(new Prompt("Again [[text]]"));
        Transcript forked = Transcript.turn(session);
        assertThat(forked.outcome().success()).isTrue();
        assertThat(forked.outcome().tokens()).isEqualTo(new TokenUsage(120, 0, 20));
        assertThat(session.nativeSessionId().orElseThrow()).isNotEqualTo(id);
        assertThat(RealCodexTest.lastBody(codex)).contains("Remember BLUE");
      }
      try (AgentSession session =
          codex.open(o -> o.model(MODEL).resume("01a1fb14-0000-7be3-a928-7b23ec0d0000", false))) {
        session.send(new Prompt("Again [[text]]"));
        assertThatThrownBy(() -> Transcript.turn(session))
            .isInstanceOfSatisfying(
                AgentException.class,
                e -> {
                  assertThat(e.code()).isEqualTo("agent_start_failed");
                  assertThat(e).hasMessageContaining("01a1fb14");
                });
      }
    }
  }

  @Test
  void anInterruptWhileTheModelWritesEndsItsRequest() throws Exception {
    try (RealAgent codex = new RealAgent("codex");
        AgentSession session = codex.open(o -> o.model(MODEL).partialMessages(true))) {
      session.send(new Prompt("Say [[slow]]"));
      Transcript interrupted =
          Transcript.turn(session, Answering.once(AgentEvent.ItemDelta.class, session::interrupt));

      assertThat(interrupted.outcome().success()).isFalse();
      assertThat(interrupted.outcome().reason()).isEqualTo("interrupted");
      codex.model.await(RecordedRequest::aborted, Duration.ofSeconds(30));
    }
  }

  @Test
  void anInterruptLeavesNoProcessOfACommandAndTheSessionGoesOn() {
    try (RealAgent codex = new RealAgent("codex");
        AgentSession session = codex.open(o -> o.model(MODEL))) {
      session.send(new Prompt("Run [[sleep]]"));
      untilCommandRuns(session);
      codex.awaitProcess("time.sleep(45)");
      session.interrupt();
      Transcript interrupted = Transcript.turn(session);

      assertThat(interrupted.outcome().success()).isFalse();
      // It says so when it has killed them; they are gone when the kernel has done so.
      codex.awaitNoProcess("time.sleep(45)");

      session.send(new Prompt("Say [[text]]"));
      assertThat(Transcript.turn(session).outcome().text())
          .contains("Hello from the scripted model.");
    }
  }

  @Test
  void anInterruptWithdrawsWhatIsAsked() {
    try (RealAgent codex = new RealAgent("codex");
        AgentSession session = codex.open(o -> o.model(MODEL).permissions(PermissionPolicy.ASK))) {
      session.send(new Prompt("Please [[hello]]"));
      Transcript interrupted =
          Transcript.turn(
              session, Answering.once(AgentEvent.PermissionRequested.class, session::interrupt));

      assertThat(interrupted.events(AgentEvent.PermissionResolved.class))
          .extracting(AgentEvent.PermissionResolved::status)
          .containsExactly(AgentEvent.PermissionStatus.DENIED);
      assertThat(codex.sandbox.files().exists("/home/user/hello.txt")).isFalse();
    }
  }

  @Test
  void aWrongKeyEndsTheTurn() {
    try (RealAgent codex = new RealAgent("codex")) {
      codex.model.fail(Fault.status(401));
      Transcript transcript = codex.turn(o -> o.model(MODEL), "Say [[text]]");

      assertThat(transcript.outcome().success()).isFalse();
      assertThat(transcript.outcome().text().orElseThrow()).contains("401");
      assertThat(transcript.events(AgentEvent.Failed.class))
          .isNotEmpty()
          .last()
          .satisfies(failed -> {
            assertThat(failed.message()).contains("401");
            assertThat(failed.details().orElseThrow().path("willRetry").asBoolean()).isFalse();
          });
    }
  }

  @Test
  void aModelThatIsNotThereIsWaitedForUntilAnInterrupt() {
    try (RealAgent codex = new RealAgent("codex");
        AgentSession session = codex.openToNobody(o -> o.model(MODEL))) {
      session.send(new Prompt("Say [[text]]"));
      Transcript transcript =
          Transcript.turn(session, Answering.once(AgentEvent.Failed.class, session::interrupt));

      assertThat(transcript.outcome().success()).isFalse();
      AgentEvent.Failed failed = transcript.events(AgentEvent.Failed.class).getFirst();
      assertThat(failed.details().orElseThrow().path("willRetry").asBoolean()).isTrue();
    }
  }

  @Test
  void aKilledAgentHasCrashed() {
    try (RealAgent codex = new RealAgent("codex");
        AgentSession session = codex.open(o -> o.model(MODEL))) {
      session.send(new Prompt("Run [[sleep]]"));
      untilCommandRuns(session);
      assertThat(codex.sandbox.exec("pkill -9 -f '[/]bin/codex app-server'").exitCode()).isZero();
      Transcript rest = Transcript.toTheEnd(session);

      assertThat(rest.all(AgentOutput.TurnEnded.class)).isEmpty();
      assertThat(session.waitFor().code()).isEqualTo(137);
    }
  }

  @Test
  void closingLeavesNothing() {
    try (RealAgent codex = new RealAgent("codex")) {
      AgentSession session = codex.open(o -> o.model(MODEL));
      session.send(new Prompt("Run [[sleep]]"));
      untilCommandRuns(session);
      codex.awaitProcess("time.sleep(45)");
      session.close();

      assertThat(session.next()).isEmpty();
      assertThat(codex.processes()).isEmpty();
    }
  }

  @Test
  void theAgentEndsWhenItsInputDoes() {
    try (RealAgent codex = new RealAgent("codex");
        AgentSession session = codex.open(o -> o.model(MODEL))) {
      session.send(new Prompt("Say [[text]]"));
      session.endInput();
      Transcript transcript = Transcript.toTheEnd(session);

      assertThat(transcript.all(AgentOutput.TurnEnded.class)).hasSize(1);
      assertThat(session.waitFor().code()).isZero();
    }
  }

  private static void untilCommandRuns(AgentSession session) {
    while (true) {
      AgentOutput output = session.next().orElseThrow();
      if (output instanceof AgentOutput.Message message
          && message.events().stream()
              .anyMatch(event ->
                  event instanceof AgentEvent.ItemStarted started
                      && started.item().kind() == dev.dunes.agent.UniversalItem.Kind.TOOL_CALL)) {
        return;
      }
    }
  }
}
