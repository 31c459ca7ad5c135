package dev.dunes.agent.claude;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunes.agent.AgentEvent;
import dev.dunes.agent.AgentException;
import dev.dunes.agent.AgentOutput;
import dev.dunes.agent.AgentSession;
import dev.dunes.agent.PermissionPolicy;
import dev.dunes.agent.PermissionReply;
import dev.dunes.agent.Prompt;
import dev.dunes.agent.drive.Json;
import dev.dunes.agent.harness.Transcript;
import java.util.List;
import org.junit.jupiter.api.Test;

/** An agent that code in the sandbox has taken over can say anything; the driver stays sound. */
final class HostileOutputTest {
  private static final String PROGRAM = "/golden/hostile-claude.sh";

  @Test
  void nonsenseIsPassedOnAsTextAndNothingBreaks() {
    try (FakeClaude fake = new FakeClaude(PROGRAM);
        AgentSession session = fake.open(o -> o.env("MODE", "garbage"))) {
      session.send(new Prompt("go"));
      Transcript transcript = Transcript.toTheEnd(session);

      assertThat(transcript.all(AgentOutput.Text.class).stream().map(AgentOutput.Text::line))
          .contains("no json", "[1,2]", "\"text\"", "{\"type\":")
          .anyMatch(line -> line.startsWith("[[[["));
      assertThat(transcript.lines()).anyMatch(line -> line.contains("something_new"));
      assertThat(transcript.outcome().success()).isTrue();
      assertThat(fake.read())
          .anyMatch(line -> line.contains("\"c1\"") && line.contains("\"error\""));
    }
  }

  @Test
  void aLineOfMoreThan15MebibytesIsDroppedAndTheNextOneArrives() {
    try (FakeClaude fake = new FakeClaude(PROGRAM);
        AgentSession session = fake.open(o -> o.env("MODE", "long"))) {
      session.send(new Prompt("go"));
      Transcript transcript = Transcript.toTheEnd(session);

      assertThat(transcript.all(AgentOutput.Dropped.class))
          .containsExactly(new AgentOutput.Dropped(16_000_000));
      assertThat(transcript.messages("assistant")).hasSize(1);
      assertThat(transcript.lines().getFirst()).hasSizeGreaterThan(5_000_000);
    }
  }

  @Test
  void diagnosticsAreBounded() {
    try (FakeClaude fake = new FakeClaude(PROGRAM);
        AgentSession session = fake.open(o -> o.env("MODE", "stderr"))) {
      session.send(new Prompt("go"));
      Transcript transcript = Transcript.toTheEnd(session);

      List<AgentOutput.Diagnostics> said = transcript.all(AgentOutput.Diagnostics.class);
      assertThat(said.stream().mapToInt(each -> each.text().length()).sum())
          .isLessThan(1_100_000)
          .isGreaterThan(900_000);
      assertThat(said.getLast().text()).contains("more is dropped");
      assertThat(transcript.outcome().success()).isTrue();
    }
  }

  @Test
  void anAgentThatNeitherReadsNorEndsHoldsNobody() {
    try (FakeClaude fake = new FakeClaude(PROGRAM)) {
      AgentSession session = fake.open(o -> o.env("MODE", "deaf"));
      session.send(new Prompt("x".repeat(4_000_000)));
      assertThat(session.next()).isPresent();
      session.send(new Prompt("waits"));
      session.close();
      session.close();

      assertThat(session.next()).isEmpty();
      assertThat(session.waitFor().code()).isEqualTo(137);
    }
  }

  /** One that ignores an interrupt is killed: {@code next} says that it has ended, not how. */
  @Test
  void anAgentThatIgnoresAnInterruptIsKilled() {
    try (FakeClaude fake = new FakeClaude(PROGRAM);
        AgentSession session = fake.open(o -> o.env("MODE", "deaf"))) {
      session.send(new Prompt("go"));
      assertThat(session.next()).isPresent();
      session.interrupt();

      assertThat(session.next()).isEmpty();
      assertThat(session.waitFor().code()).isEqualTo(137);
    }
  }

  @Test
  void aFloodOfAsksIsCutAndEachThatWasToldEndsOnce() {
    try (FakeClaude fake = new FakeClaude(PROGRAM);
        AgentSession session =
            fake.open(o -> o.env("MODE", "flood").permissions(PermissionPolicy.ASK))) {
      session.send(new Prompt("go"));
      Transcript transcript = Transcript.toTheEnd(session);

      assertThat(transcript.events(AgentEvent.PermissionRequested.class)).hasSize(200);
      assertThat(transcript.events(AgentEvent.PermissionResolved.class)).hasSize(200);
      assertThatThrownBy(() -> session.answerPermission("p0", PermissionReply.ONCE))
          .isInstanceOfSatisfying(
              AgentException.class, e -> assertThat(e.code()).isEqualTo("unknown_request"));
    }
  }

  @Test
  void noMorePromptsThanTheLimitWait() {
    try (FakeClaude fake = new FakeClaude(PROGRAM);
        AgentSession session = fake.open(o -> o.env("MODE", "deaf"))) {
      for (int i = 0; i <= AgentSession.QUEUE_LIMIT; i++) {
        session.send(new Prompt("go"));
      }
      assertThatThrownBy(() -> session.send(new Prompt("one too many")))
          .isInstanceOfSatisfying(
              AgentException.class, e -> assertThat(e.code()).isEqualTo("too_many_prompts"));
    }
  }

  @Test
  void aSchemaThatIsNoneIsRefusedBeforeAnythingStarts() {
    try (FakeClaude fake = new FakeClaude(PROGRAM)) {
      assertThatThrownBy(() -> fake.open(o -> o.outputSchema(Json.array())))
          .isInstanceOfSatisfying(
              AgentException.class, e -> assertThat(e.code()).isEqualTo("invalid_schema"));
      assertThat(fake.sandbox().metrics().processes()).isLessThanOrEqualTo(1);
    }
  }
}
