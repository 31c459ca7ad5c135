package dev.dunes.agent.harness;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.dunes.agent.AgentEvent;
import dev.dunes.agent.AgentOutput;
import dev.dunes.agent.AgentSession;
import dev.dunes.agent.ContentPart;
import dev.dunes.agent.TurnOutcome;
import dev.dunes.agent.UniversalItem;
import dev.dunes.agent.drive.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/** Everything a session said, and helpers to look at it. */
public final class Transcript {
  public final List<AgentOutput> outputs = new ArrayList<>();

  /** Reads to the end of the process; the turn's end ends the input. */
  public static Transcript toTheEnd(AgentSession session) {
    return toTheEnd(session, output -> {});
  }

  public static Transcript toTheEnd(AgentSession session, Consumer<AgentOutput> react) {
    Transcript transcript = new Transcript();
    for (Optional<AgentOutput> next = session.next(); next.isPresent(); next = session.next()) {
      transcript.outputs.add(next.get());
      if (next.get() instanceof AgentOutput.TurnEnded) {
        session.endInput();
      }
      react.accept(next.get());
    }
    return transcript;
  }

  /** Reads to the end of the turn; fails when there is none. */
  public static Transcript turn(AgentSession session) {
    return turn(session, output -> {});
  }

  public static Transcript turn(AgentSession session, Consumer<AgentOutput> react) {
    Transcript transcript = new Transcript();
    while (true) {
      AgentOutput next =
          session.next().orElseThrow(() -> new AssertionError("no end of the turn: " + transcript));
      transcript.outputs.add(next);
      if (next instanceof AgentOutput.TurnEnded) {
        return transcript;
      }
      react.accept(next);
    }
  }

  public <T extends AgentOutput> List<T> all(Class<T> type) {
    return outputs.stream().filter(type::isInstance).map(type::cast).toList();
  }

  /** Messages as they were written, those that were superseded too. */
  public List<String> lines() {
    return outputs.stream()
        .flatMap(output ->
            switch (output) {
              case AgentOutput.Message message -> Stream.of(message.raw());
              case AgentOutput.Superseded superseded -> Stream.of(superseded.raw());
              default -> Stream.empty();
            })
        .map(raw -> new String(raw, UTF_8))
        .toList();
  }

  public List<JsonNode> messages(String type) {
    return all(AgentOutput.Message.class).stream()
        .map(AgentOutput.Message::json)
        .filter(json -> Json.text(json, "type", "").equals(type))
        .toList();
  }

  public List<AgentEvent> events() {
    return outputs.stream()
        .flatMap(output ->
            switch (output) {
              case AgentOutput.Message message -> message.events().stream();
              case AgentOutput.Ask ask -> Stream.of(ask.event());
              default -> Stream.empty();
            })
        .toList();
  }

  public <T extends AgentEvent> List<T> events(Class<T> type) {
    return events().stream().filter(type::isInstance).map(type::cast).toList();
  }

  public TurnOutcome outcome() {
    return all(AgentOutput.TurnEnded.class).getLast().outcome();
  }

  public JsonNode init() {
    return messages("system").stream()
        .filter(json -> Json.text(json, "subtype", "").equals("init"))
        .findFirst()
        .orElseThrow();
  }

  /** The content of all that is complete. */
  public <T extends ContentPart> List<T> parts(Class<T> type) {
    return items().stream()
        .flatMap(item -> item.content().stream())
        .filter(type::isInstance)
        .map(type::cast)
        .toList();
  }

  /** All that is complete. */
  public List<UniversalItem> items() {
    return events(AgentEvent.ItemCompleted.class).stream()
        .map(AgentEvent.ItemCompleted::item)
        .toList();
  }

  /** All that tools answered, by what it means. */
  public String results() {
    return parts(ContentPart.ToolResult.class).stream()
        .map(ContentPart.ToolResult::output)
        .collect(Collectors.joining("\n"));
  }

  /** All that tools answered. */
  public String toolOutput() {
    StringBuilder text = new StringBuilder();
    messages("user").forEach(json -> text.append(json).append('\n'));
    return text.toString();
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    for (AgentOutput output : outputs) {
      String line =
          switch (output) {
            case AgentOutput.Message message -> new String(message.raw(), UTF_8);
            case AgentOutput.Superseded superseded ->
                "superseded " + new String(superseded.raw(), UTF_8);
            default -> output.toString();
          };
      text.append(line, 0, Math.min(600, line.length())).append('\n');
    }
    return text.toString();
  }
}
