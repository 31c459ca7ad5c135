package dev.dunes.agent.opencode;

import dev.dunes.agent.drive.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.StreamSupport;
import tools.jackson.databind.JsonNode;

/**
 * What a real OpenCode said in one scenario, and which calls it got.
 *
 * @param session the one that was driven
 * @param calls those that our driver makes, too
 * @param events in order
 * @param order such as {@code >1 <3}, the calls that opened the session left out
 */
record Recording(
    String name, String session, List<JsonNode> calls, List<String> events, List<String> order) {
  private static final String PLACE = "/golden/opencode/";

  /** What is no message for the user of the agent. */
  private static final Set<String> SILENT =
      Set.of(
          "permission.asked",
          "permission.replied",
          "question.asked",
          "question.replied",
          "question.rejected",
          "session.diff",
          "session.updated");

  static List<Recording> all() {
    JsonNode index = Json.MAPPER.readTree(resource("index.json"));
    return StreamSupport.stream(index.properties().spliterator(), false)
        .map(each -> of(each.getKey(), each.getValue().get("order").asString()))
        .toList();
  }

  static Recording named(String name) {
    return all().stream().filter(each -> each.name().equals(name)).findFirst().orElseThrow();
  }

  private static Recording of(String name, String order) {
    List<JsonNode> all =
        new ArrayList<>(
            Arrays.stream(resource(name + ".stdin.jsonl").split("\n"))
                .map(Json.MAPPER::readTree)
                .toList());
    List<JsonNode> calls = new ArrayList<>();
    List<String> steps = new ArrayList<>();
    int at = 0;
    for (String step : order.split(" ")) {
      if (step.startsWith("<")) {
        steps.add(step);
        continue;
      }
      int kept = 0;
      for (int i = 0; i < Integer.parseInt(step.substring(1)); i++) {
        JsonNode call = all.get(at++);
        boolean opens = call.get("path").asString().equals("/session");
        if (!opens && call.get("method").asString().equals("POST")) {
          calls.add(call);
          kept++;
        }
      }
      if (kept > 0) {
        steps.add(">" + kept);
      }
    }
    List<String> events = Arrays.asList(resource(name + ".stdout.jsonl").split("\n"));
    String session = Json.MAPPER.readTree(events.getFirst()).at("/properties/sessionID").asString();
    return new Recording(name, session, calls, events, steps);
  }

  private static String resource(String file) {
    try (InputStream in = Recording.class.getResourceAsStream(PLACE + file)) {
      return in == null ? "" : new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What its user is to see: all that is about the conversation, to the end of the turn. */
  List<String> messages() {
    List<String> messages = new ArrayList<>();
    int end = 0;
    for (String line : events) {
      JsonNode event = Json.MAPPER.readTree(line);
      String type = event.get("type").asString();
      if (event.path("properties").has("sessionID") && !SILENT.contains(type)) {
        messages.add(line);
      }
      if (type.equals("session.idle")
          && event.at("/properties/sessionID").asString().equals(session)) {
        end = messages.size();
      }
    }
    return messages.subList(0, end);
  }

  @Override
  public String toString() {
    return name;
  }
}
