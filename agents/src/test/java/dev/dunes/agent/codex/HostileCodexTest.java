package dev.dunes.agent.codex;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunes.agent.AgentEvent;
import dev.dunes.agent.AgentException;
import dev.dunes.agent.AgentOutput;
import dev.dunes.agent.AgentSession;
import dev.dunes.agent.PermissionPolicy;
import dev.dunes.agent.PermissionReply;
import dev.dunes.agent.Prompt;
import dev.dunes.agent.harness.Transcript;
import org.junit.jupiter.api.Test;

/** An agent that code in the sandbox has taken over can say anything; the driver stays sound. */
final class HostileCodexTest {
  private static final String PROGRAM = "/golden/hostile-codex.sh";

  @Test
  void nonsenseIsPassedOnAsTextAndNothingBreaks() {
    try (FakeCodex fake = new FakeCodex(PROGRAM);
        AgentSession session =
            fake.open(o ->
                o.env("MODE", "garbage").permissions(PermissionPolicy.ASK).partialMessages(true))) {
      session.send(new Prompt("go"));
      Transcript transcript = Transcript.toTheEnd(session);

      assertThat(transcript.all(AgentOutput.Text.class).stream().map(AgentOutput.Text::line))
          .contains("no json", "[1,2]", "\"text\"", "{\"id\":", "{}")
          .anyMatch(line -> line.startsWith("[[[["));
      assertThat(transcript.lines()).anyMatch(line -> line.contains("something/new"));
      assertThat(transcript.outcome().success()).isTrue();
      assertThat(transcript.outcome().text()).contains("fine");
      // Each request was answered, whatever it was.
      assertThat(fake.read())
          .hasSize(3)
          .anyMatch(line -> line.contains("\"id\":0") && line.contains("-32601"))
          .anyMatch(line -> line.contains("\"id\":\"x\"") && line.contains("answers"))
          .anyMatch(line -> line.contains("\"id\":1") && line.contains("decline"));
    }
  }

  @Test
  void aLineThatIsTooLongIsDroppedAndTheNextOneArrives() {
    try (FakeCodex fake = new FakeCodex(PROGRAM);
        AgentSession session = fake.open(o -> o.env("MODE", "long"))) {
      session.send(new Prompt("go"));
      Transcript transcript = Transcript.toTheEnd(session);

      assertThat(transcript.all(AgentOutput.Dropped.class))
          .containsExactly(new AgentOutput.Dropped(16_000_000));
      assertThat(transcript.outcome().text()).contains("fine");
    }
  }

  @Test
  void anAgentThatIgnoresAnInterruptIsKilled() {
    try (FakeCodex fake = new FakeCodex(PROGRAM);
        AgentSession session = fake.open(o -> o.env("MODE", "deaf"))) {
      session.send(new Prompt("go"));
      while (!(session.next().orElseThrow() instanceof AgentOutput.Message message
          && message.json().path("method").asString("").equals("turn/started"))) {
        continue;
      }
      session.interrupt();

      assertThat(session.next()).isEmpty();
      assertThat(session.waitFor().code()).isEqualTo(137);
    }
  }

  @Test
  void aFloodOfAsksIsCutAndEachThatWasToldEndsOnce() {
    try (FakeCodex fake = new FakeCodex(PROGRAM);
        AgentSession session =
            fake.open(o -> o.env("MODE", "flood").permissions(PermissionPolicy.ASK))) {
      session.send(new Prompt("go"));
      Transcript transcript = Transcript.toTheEnd(session);

      assertThat(transcript.events(AgentEvent.PermissionRequested.class)).hasSize(200);
      assertThat(transcript.events(AgentEvent.PermissionResolved.class)).hasSize(200);
      assertThatThrownBy(() -> session.answerPermission("i0-0", PermissionReply.ONCE))
          .isInstanceOfSatisfying(
              AgentException.class, e -> assertThat(e.code()).isEqualTo("unknown_request"));
    }
  }

  @Test
  void whatNeverEndsIsBounded() {
    try (FakeCodex fake = new FakeCodex(PROGRAM);
        AgentSession session = fake.open(o -> o.env("MODE", "items"))) {
      session.send(new Prompt("go"));
      Transcript transcript = Transcript.toTheEnd(session);

      assertThat(transcript.events(AgentEvent.ItemStarted.class)).hasSize(3000);
      assertThat(transcript.items().stream().filter(item -> item.nativeItemId().isPresent()))
          .hasSizeLessThan(2100);
    }
  }

  @Test
  void aConversationThatCannotBeOpenedIsAnErrorThatSaysWhy() {
    try (FakeCodex fake = new FakeCodex(PROGRAM);
        AgentSession session = fake.open(o -> o.env("MODE", "refuses").resume("gone", false))) {
      session.send(new Prompt("go"));

      assertThatThrownBy(session::next)
          .isInstanceOfSatisfying(
              AgentException.class,
              e -> {
                assertThat(e.code()).isEqualTo("agent_start_failed");
                assertThat(e).hasMessageContaining("no such thread");
                assertThat(e.remedy()).isPresent();
              });
      assertThat(session.waitFor().code()).isEqualTo(137);
    }
  }

  @Test
  void aTurnThatCannotBeginHasFailedAndTheNextOneMayBegin() {
    try (FakeCodex fake = new FakeCodex(PROGRAM);
        AgentSession session = fake.open(o -> o.env("MODE", "noturn"))) {
      session.send(new Prompt("one"));
      session.send(new Prompt("two"));
      Transcript first = Transcript.turn(session);
      Transcript second = Transcript.turn(session);

      assertThat(first.outcome().success()).isFalse();
      assertThat(first.events(AgentEvent.Failed.class))
          .singleElement()
          .satisfies(failed -> {
            assertThat(failed.code()).contains("jsonrpc.error");
            assertThat(failed.message()).isEqualTo("no turn for you");
          });
      assertThat(second.outcome().success()).isTrue();
    }
  }

  @Test
  void noMorePromptsThanTheLimitWait() {
    try (FakeCodex fake = new FakeCodex(PROGRAM);
        AgentSession session = fake.open(o -> o.env("MODE", "mute"))) {
      for (int i = 0; i < AgentSession.QUEUE_LIMIT; i++) {
        session.send(new Prompt("go"));
      }
      assertThatThrownBy(() -> session.send(new Prompt("one too many")))
          .isInstanceOfSatisfying(
              AgentException.class, e -> assertThat(e.code()).isEqualTo("too_many_prompts"));
      session.close();
      assertThat(session.next()).isEmpty();
    }
  }
}
