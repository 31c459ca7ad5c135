package dev.dunes.agent.amp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunes.agent.AgentOutput;
import dev.dunes.agent.AgentSession;
import dev.dunes.agent.Prompt;
import dev.dunes.agent.TokenUsage;
import dev.dunes.agent.drive.InstalledProgram;
import dev.dunes.agent.drive.Json;
import dev.dunes.agent.harness.FakeAgent;
import dev.dunes.agent.harness.Soundness;
import dev.dunes.agent.harness.Transcript;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/** Everything that was recorded from the real Amp, played to our driver. */
@Timeout(60)
final class AmpGoldenReplayTest {
  private static final String PLACE = "/golden/amp/";

  static Stream<String> all() {
    return StreamSupport.stream(index().properties().spliterator(), false)
        .map(each -> each.getKey())
        .filter(name -> !name.equals("session") && !name.equals("interrupt-sigint"));
  }

  private static JsonNode index() {
    return Json.MAPPER.readTree(resource("index.json"));
  }

  private static List<String> stdout(String name) {
    return Arrays.asList(resource(name + ".stdout.jsonl").split("\n"));
  }

  private static String resource(String file) {
    try (InputStream in =
        Objects.requireNonNull(AmpGoldenReplayTest.class.getResourceAsStream(PLACE + file), file)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The player reads and writes lines as any agent does; it is installed as if it were Claude. */
  private static FakeAgent player() {
    return new FakeAgent(
        "claude",
        (installer, pin) ->
            new AmpAgent(
                installer,
                (sandbox, home) -> List.of(InstalledProgram.of(installer, pin).in(sandbox, home))),
        "/golden/fake-agent.sh",
        "host",
        "");
  }

  @ParameterizedTest
  @MethodSource("all")
  void everyMessageIsPassedOnToTheByteAndTheTurnEndsOnce(String name) {
    // The prompt was an argument; we give it as a line.
    List<String> order =
        new ArrayList<>(List.of(index().at("/" + name + "/order").asString().split(" ")));
    order.addFirst(">1");
    List<String> lines = stdout(name);
    try (FakeAgent fake = player();
        AgentSession session = fake.play(order, lines, 0, o -> o)) {
      session.send(new Prompt("go"));
      Transcript transcript = Transcript.toTheEnd(session);

      // The last line repeats, at the end of the process, what the turn has said.
      assertThat(transcript.lines()).containsExactlyElementsOf(lines.subList(0, lines.size() - 1));
      assertThat(transcript.all(AgentOutput.TurnEnded.class)).hasSize(1);
      assertThat(transcript.outcome().success()).isTrue();
      assertThat(transcript.outcome().text())
          .contains(Json.MAPPER.readTree(lines.getLast()).get("result").asString());
      assertThat(session.nativeSessionId().orElseThrow()).startsWith("T-");
      assertThat(session.waitFor().code()).isZero();
      Soundness.check(transcript.events());
    }
  }

  @Test
  void aSessionHasATurnForEachPrompt() {
    List<String> order = List.of(index().at("/session/order").asString().split(" "));
    try (FakeAgent fake = player();
        AgentSession session = fake.play(order, stdout("session"), 0, o -> o)) {
      session.send(new Prompt("Say [[text]]"));
      session.send(new Prompt("Do [[hello]]"));
      assertThat(Transcript.turn(session).outcome().tokens()).isEqualTo(new TokenUsage(120, 0, 20));
      Transcript second = Transcript.turn(session);
      assertThat(second.outcome().tokens()).isEqualTo(new TokenUsage(240, 0, 40));
      assertThat(second.outcome().turns()).isEqualTo(2);
      session.endInput();
      assertThat(session.next()).isEmpty();
      assertThat(fake.read()).containsExactly(resource("session.stdin.jsonl").strip().split("\n"));
    }
  }

  /** The process ends with an error of its own making; the next prompt starts another. */
  @Test
  void aResultInsteadOfAnAnswerIsAFailureAndTheThreadGoesOn() {
    List<String> lines = stdout("interrupt-sigint");
    try (FakeAgent fake = player();
        AgentSession session = fake.play(List.of(">1", "<3"), lines, 0, o -> o.env("HASTY", "1"))) {
      session.send(new Prompt("go"));
      Transcript failed = Transcript.turn(session);
      assertThat(failed.lines()).containsExactlyElementsOf(lines);
      assertThat(failed.outcome().success()).isFalse();
      assertThat(failed.outcome().text()).contains("User cancelled (SIGINT/SIGTERM)");
      session.send(new Prompt("again"));
      Transcript.turn(session);
      assertThat(fake.note("argv").subList(0, 3))
          .containsExactly("threads", "continue", session.nativeSessionId().orElseThrow());
      Soundness.check(failed.events());
    }
  }
}
