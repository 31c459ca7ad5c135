package dev.dunes.agent.opencode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunes.agent.AgentEvent;
import dev.dunes.agent.AgentException;
import dev.dunes.agent.AgentOutput;
import dev.dunes.agent.AgentSession;
import dev.dunes.agent.ContentPart;
import dev.dunes.agent.PermissionPolicy;
import dev.dunes.agent.Prompt;
import dev.dunes.agent.harness.RealAgent;
import dev.dunes.agent.harness.Transcript;
import dev.dunes.scripted.Fault;
import dev.dunes.scripted.RecordedRequest;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The real OpenCode stopped, failed and killed. */
@Timeout(300) // each server takes seconds of a processor to start
final class RealOpenCodeFaultsTest {
  @Test
  void anInterruptLeavesNothingOfTheTurnAndTheSessionGoesOn() throws Exception {
    try (RealAgent opencode = new RealAgent("opencode");
        AgentSession session = opencode.open(o -> o.partialMessages(true))) {
      session.send(new Prompt("Say [[slow]]"));
      Transcript writing =
          Transcript.turn(session, once(saying(AgentEvent.ItemDelta.class), session::interrupt));
      assertThat(writing.outcome().success()).isFalse();
      assertThat(writing.outcome().reason()).isEqualTo("interrupted");
      assertThat(writing.events(AgentEvent.Failed.class)).isEmpty();
      opencode.model.await(RecordedRequest::aborted, Duration.ofSeconds(30));

      session.send(new Prompt("Run [[sleep]]"));
      Transcript working =
          Transcript.turn(
              session,
              once(
                  RealOpenCodeFaultsTest::isCall,
                  () -> {
                    opencode.awaitProcess("time.sleep(45)");
                    session.interrupt();
                  }));
      assertThat(working.outcome().reason()).isEqualTo("interrupted");
      assertThat(opencode.processes()).noneMatch(line -> line.contains("time.sleep(45)"));

      // One that waits behind an interrupted turn runs as a turn of its own.
      session.send(new Prompt("Say [[slow]]"));
      session.send(new Prompt("Say [[text]]"));
      Transcript first =
          Transcript.turn(session, once(saying(AgentEvent.ItemDelta.class), session::interrupt));
      assertThat(first.outcome().reason()).isEqualTo("interrupted");
      assertThat(Transcript.turn(session).outcome().text())
          .contains("Hello from the scripted model.");
    }
  }

  @Test
  void anInterruptClosesWhatIsAsked() {
    try (RealAgent opencode = new RealAgent("opencode");
        AgentSession session = opencode.open(o -> o.permissions(PermissionPolicy.ASK))) {
      session.send(new Prompt("Please do [[hello]]"));
      Transcript transcript =
          Transcript.turn(
              session,
              RealOpenCodeAsksTest.on(
                  AgentEvent.PermissionRequested.class, request -> session.interrupt()));

      assertThat(transcript.outcome().reason()).isEqualTo("interrupted");
      assertThat(transcript.events(AgentEvent.PermissionResolved.class))
          .singleElement()
          .satisfies(
              event -> assertThat(event.status()).isEqualTo(AgentEvent.PermissionStatus.DENIED));
      assertThat(opencode.sandbox.files().exists("/home/user/hello.txt")).isFalse();
      session.send(new Prompt("Say [[text]]"));
      assertThat(Transcript.turn(session).outcome().success()).isTrue();
    }
  }

  @Test
  void failuresOfTheModelAreTold() {
    try (RealAgent opencode = new RealAgent("opencode");
        AgentSession session = opencode.open(o -> o)) {
      opencode.model.fail(Fault.status(401));
      session.send(new Prompt("Say [[text]]"));
      Transcript refused = Transcript.turn(session);
      assertThat(refused.outcome().success()).isFalse();
      assertThat(refused.outcome().text().orElseThrow()).contains("401");
      assertThat(refused.events(AgentEvent.Failed.class))
          .singleElement()
          .satisfies(failed -> {
            assertThat(failed.message()).contains("401");
            assertThat(failed.details().orElseThrow().get("statusCode").asInt()).isEqualTo(401);
          });

      opencode.model.fail(Fault.status(500), 1);
      session.send(new Prompt("Say [[text]]"));
      Transcript retried = Transcript.turn(session);
      assertThat(retried.outcome().success()).as(retried.toString()).isTrue();
      assertThat(RealOpenCodeTest.parts(retried, ContentPart.Status.class))
          .anySatisfy(status -> {
            assertThat(status.label()).isEqualTo("retry");
            assertThat(status.detail().orElseThrow()).contains("scripted 500");
          });
    }
  }

  @Test
  void aModelThatIsNotThereIsTriedUntilSomebodyStopsThat() {
    try (RealAgent opencode = new RealAgent("opencode");
        AgentSession session = opencode.openToNobody(o -> o)) {
      session.send(new Prompt("Say [[text]]"));
      Transcript transcript =
          Transcript.turn(
              session,
              once(
                  output ->
                      output instanceof AgentOutput.Message message
                          && message.events().toString().contains("retry"),
                  session::interrupt));

      assertThat(transcript.outcome().success()).isFalse();
      assertThat(transcript.outcome().reason()).isEqualTo("interrupted");
    }
  }

  /** Two servers in one sandbox, each with a port of its own. */
  @Test
  void aKilledServerEndsItsSessionAndNoOther() {
    try (RealAgent opencode = new RealAgent("opencode");
        AgentSession other = opencode.open(o -> o);
        AgentSession session = opencode.open(o -> o.permissions(PermissionPolicy.ASK))) {
      session.send(new Prompt("Please do [[hello]]"));
      Transcript transcript =
          Transcript.toTheEnd(
              session,
              RealOpenCodeAsksTest.on(
                  AgentEvent.PermissionRequested.class,
                  request ->
                      assertThat(
                              opencode
                                  .sandbox
                                  .exec("kill -9 $(pgrep -n -f '[/]bin/opencode serve')")
                                  .exitCode())
                          .isZero()));

      assertThat(transcript.all(AgentOutput.TurnEnded.class)).isEmpty();
      assertThat(transcript.events(AgentEvent.PermissionResolved.class)).hasSize(1);
      assertThat(session.waitFor().code()).isEqualTo(137);
      assertThatThrownBy(() -> session.send(new Prompt("more")))
          .isInstanceOfSatisfying(
              AgentException.class, e -> assertThat(e.code()).isEqualTo("agent_ended"));
      assertThat(session.next()).isEmpty();

      other.send(new Prompt("Say [[text]]"));
      assertThat(Transcript.turn(other).outcome().success()).isTrue();
    }
  }

  @Test
  void closingLeavesNothing() {
    try (RealAgent opencode = new RealAgent("opencode")) {
      AgentSession session = opencode.open(o -> o);
      session.send(new Prompt("Run [[sleep]]"));
      while (!isCall(session.next().orElseThrow())) {
        // until the tool is called
      }
      opencode.awaitProcess("time.sleep(45)");
      session.close();

      assertThat(session.next()).isEmpty();
      assertThat(opencode.processes()).isEmpty();
      assertThat(opencode.sandbox.ports().orElseThrow().listening())
          .noneMatch(port -> port == 4096);
      session.close();
    }
  }

  @Test
  void theServerEndsWhenTheInputDoes() {
    try (RealAgent opencode = new RealAgent("opencode");
        AgentSession session = opencode.open(o -> o)) {
      session.send(new Prompt("Say [[text]]"));
      session.endInput();
      Transcript transcript = Transcript.toTheEnd(session);

      assertThat(transcript.all(AgentOutput.TurnEnded.class)).hasSize(1);
      assertThat(session.waitFor().code()).isZero();
      assertThat(opencode.processes()).isEmpty();
    }
  }

  @Test
  void aServerThatDoesNotStartSaysWhy() {
    try (RealAgent opencode = new RealAgent("opencode")) {
      opencode.sandbox.files().write("/home/user/.config/opencode/opencode.json", "{ no json");

      assertThatThrownBy(() -> opencode.open(o -> o))
          .isInstanceOfSatisfying(
              AgentException.class,
              e -> {
                assertThat(e.code()).isEqualTo("agent_start_failed");
                assertThat(e.remedy()).isPresent();
              });
      assertThat(opencode.processes()).isEmpty();
    }
  }

  private static boolean isCall(AgentOutput output) {
    return output instanceof AgentOutput.Message message
        && message.events().stream()
            .filter(AgentEvent.ItemCompleted.class::isInstance)
            .map(event -> ((AgentEvent.ItemCompleted) event).item().content())
            .anyMatch(parts -> parts.stream().anyMatch(ContentPart.ToolCall.class::isInstance));
  }

  private static Predicate<AgentOutput> saying(Class<? extends AgentEvent> type) {
    return output ->
        output instanceof AgentOutput.Message message
            && message.events().stream().anyMatch(type::isInstance);
  }

  private static Consumer<AgentOutput> once(Predicate<AgentOutput> when, Runnable then) {
    boolean[] done = {false};
    return output -> {
      if (!done[0] && when.test(output)) {
        done[0] = true;
        then.run();
      }
    };
  }
}
