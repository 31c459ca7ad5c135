package dev.dunes.agent.acp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.dunes.agent.Agent;
import dev.dunes.agent.AgentEvent;
import dev.dunes.agent.AgentException;
import dev.dunes.agent.AgentOptions;
import dev.dunes.agent.AgentOutput;
import dev.dunes.agent.AgentPlacement;
import dev.dunes.agent.AgentSession;
import dev.dunes.agent.AgentTraits;
import dev.dunes.agent.InstallProgress;
import dev.dunes.agent.Prompt;
import dev.dunes.agent.drive.AgentHome;
import dev.dunes.agent.harness.Answering;
import dev.dunes.agent.harness.RealAgent;
import dev.dunes.agent.harness.Transcript;
import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.Sandbox;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** An agent over ACP that code in the sandbox has taken over; the driver stays sound. */
@Timeout(240)
final class HostileAcpTest {
  private static final AgentPlacement PLACEMENT = new AgentPlacement(List.of(), "1");

  /** The small agent, copied into the sandbox. */
  private static final class Script implements AcpLaunch {
    @Override
    public AgentPlacement prepare(InstallProgress progress) {
      return PLACEMENT;
    }

    @Override
    public Optional<AgentPlacement> installed() {
      return Optional.of(PLACEMENT);
    }

    @Override
    public Command command(Sandbox sandbox, AgentHome home, AgentOptions options) {
      try (InputStream script =
          Objects.requireNonNull(HostileAcpTest.class.getResourceAsStream("/acp/small-agent.py"))) {
        String path = home.write("small-agent.py", script.readAllBytes());
        return AcpCommand.of(List.of("python3", path), options, Map.of());
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private static Agent small(AcpTimeouts timeouts) {
    AcpProfile profile = AcpProfile.unknown("small", AgentTraits.PLAIN);
    return new AcpAgent(profile, new Script(), answer -> {}, timeouts);
  }

  private static Agent small() {
    return small(AcpTimeouts.USUAL);
  }

  @Test
  void anAgentThatHangsAtItsStartIsKilledAndWhatItSaidIsTold() {
    AcpTimeouts usual = AcpTimeouts.USUAL;
    AcpTimeouts short0 =
        new AcpTimeouts(
            Duration.ofSeconds(8), usual.control(), usual.open(), usual.interrupt(), usual.exit());
    try (RealAgent real = new RealAgent(small(short0));
        AgentSession session = real.open(o -> o.env("SMALL_MODE", "deaf"))) {
      session.send(new Prompt("go"));
      AgentException e = catchThrowableOfType(AgentException.class, () -> Transcript.turn(session));
      assertThat(e.code()).isEqualTo("agent_start_failed");
      assertThat(e).hasMessageContaining("initialize").hasMessageContaining("I hear nothing");
      assertThat(e.remedy()).isPresent();
      assertThat(session.waitFor().code()).isEqualTo(137);
      assertThat(real.processes()).isEmpty();
    }
  }

  @Test
  void aRequestThatIsNotServedIsRefusedAtOnceAndTheTurnGoesOn() {
    try (RealAgent real = new RealAgent(small());
        AgentSession session = real.open(o -> o)) {
      session.send(new Prompt("unknown fs/read_text_file"));
      assertThat(Transcript.turn(session).outcome().text()).contains("-32601");
      session.send(new Prompt("unknown terminal/create"));
      assertThat(Transcript.turn(session).outcome().text()).contains("-32601");
    }
  }

  @Test
  void linesThatAreNoMessagesAreTextAndOnesTooLongAreDropped() {
    try (RealAgent real = new RealAgent(small());
        AgentSession session = real.open(o -> o)) {
      session.send(new Prompt("garbage"));
      Transcript garbage = Transcript.turn(session);
      assertThat(garbage.outcome().success()).isTrue();
      assertThat(garbage.all(AgentOutput.Text.class).stream().map(AgentOutput.Text::line))
          .contains("no json", "[1,2]", "\"text\"", "{\"type\":")
          .anyMatch(line -> line.startsWith("[[[["));

      session.send(new Prompt("giant"));
      Transcript giant = Transcript.turn(session);
      assertThat(giant.all(AgentOutput.Dropped.class))
          .containsExactly(new AgentOutput.Dropped(16_000_000));
      assertThat(giant.outcome().text()).contains("said: giant");
    }
  }

  @Test
  void aFloodOnStandardErrorIsBounded() {
    try (RealAgent real = new RealAgent(small());
        AgentSession session = real.open(o -> o)) {
      session.send(new Prompt("flood"));
      Transcript transcript = Transcript.turn(session);
      assertThat(transcript.outcome().success()).isTrue();
      session.endInput();
      Transcript rest = Transcript.toTheEnd(session);
      int said =
          java.util.stream.Stream.of(transcript, rest)
              .flatMap(each -> each.all(AgentOutput.Diagnostics.class).stream())
              .mapToInt(each -> each.text().length())
              .sum();
      assertThat(said).isBetween(900_000, 1_100_000);
    }
  }

  @Test
  void anAgentThatEndsWithinALineHasCrashed() {
    try (RealAgent real = new RealAgent(small());
        AgentSession session = real.open(o -> o)) {
      session.send(new Prompt("half"));
      Transcript transcript = Transcript.toTheEnd(session);
      assertThat(transcript.all(AgentOutput.TurnEnded.class)).isEmpty();
      assertThat(session.waitFor().code()).isEqualTo(3);
    }
  }

  @Test
  void aDaemonThatItLeftEndsWithIt() {
    try (RealAgent real = new RealAgent(small())) {
      try (AgentSession session = real.open(o -> o)) {
        session.send(new Prompt("daemon"));
        assertThat(Transcript.turn(session).outcome().success()).isTrue();
        real.awaitProcess("[s]leep 4711");
      }
      real.awaitNoProcess("[s]leep 4711");
      assertThat(real.processes()).isEmpty();
    }
  }

  @Test
  void oneThatDoesNotObeyAnInterruptIsKilled() {
    AcpTimeouts usual = AcpTimeouts.USUAL;
    AcpTimeouts short0 =
        new AcpTimeouts(
            usual.start(), usual.control(), usual.open(), Duration.ofSeconds(1), usual.exit());
    try (RealAgent real = new RealAgent(small(short0));
        AgentSession session = real.open(o -> o.partialMessages(true))) {
      session.send(new Prompt("forever"));
      Transcript transcript =
          Transcript.toTheEnd(
              session, Answering.once(AgentEvent.ItemDelta.class, session::interrupt));
      assertThat(transcript.all(AgentOutput.TurnEnded.class)).isEmpty();
      assertThat(session.waitFor().code()).isEqualTo(137);
    }
  }
}
