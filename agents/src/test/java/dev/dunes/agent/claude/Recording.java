package dev.dunes.agent.claude;

import dev.dunes.agent.drive.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.StreamSupport;
import tools.jackson.databind.JsonNode;

/**
 * What a real agent said in one scenario, and what it was told.
 *
 * @param order such as {@code >1 <3 >1}
 */
record Recording(
    String name, List<String> stdin, List<String> stdout, List<String> order, int exit) {
  private static final String PLACE = "/golden/claude/";

  static List<Recording> all() {
    JsonNode index = Json.MAPPER.readTree(resource("index.json"));
    return StreamSupport.stream(index.properties().spliterator(), false)
        .map(each -> of(each.getKey(), each.getValue()))
        .toList();
  }

  static Recording named(String name) {
    return all().stream().filter(each -> each.name().equals(name)).findFirst().orElseThrow();
  }

  private static Recording of(String name, JsonNode about) {
    List<String> order = new ArrayList<>(List.of(about.get("order").asString().split(" ")));
    List<String> stdin = new ArrayList<>(lines(name + ".stdin.jsonl"));
    List<String> stdout = new ArrayList<>(lines(name + ".stdout.jsonl"));
    if (stdin.isEmpty()) {
      order.addFirst(">1"); // it was given as an argument; we give it as a line
    } else if (stdin.getFirst().contains("\"initialize\"")) {
      // A request that only some of our options make necessary.
      order.removeFirst();
      stdin.removeFirst();
      if (stdout.getFirst().contains("\"control_response\"")) {
        order.removeFirst();
        stdout.removeFirst();
      }
    }
    return new Recording(name, stdin, stdout, order, about.get("exit").asInt());
  }

  private static List<String> lines(String file) {
    String text = resource(file);
    return text.isEmpty() ? List.of() : Arrays.asList(text.split("\n"));
  }

  private static String resource(String file) {
    try (InputStream in = Recording.class.getResourceAsStream(PLACE + file)) {
      return in == null ? "" : new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What its user is to see, line by line: all but the dialogue with the driver. */
  List<String> messages() {
    return stdout.stream()
        .filter(line -> {
          JsonNode json = Json.MAPPER.readTree(line);
          String type = Json.text(json, "type", "");
          return !type.startsWith("control_")
              && !type.equals("command_lifecycle")
              && !Json.flag(json, "isReplay");
        })
        .toList();
  }

  /** The answers its driver gave. */
  List<JsonNode> answers() {
    return stdin.stream()
        .map(Json.MAPPER::readTree)
        .filter(line -> Objects.equals(Json.text(line, "type", ""), "control_response"))
        .toList();
  }

  @Override
  public String toString() {
    return name;
  }
}
