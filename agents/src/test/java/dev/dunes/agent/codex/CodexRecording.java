package dev.dunes.agent.codex;

import dev.dunes.agent.drive.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.StreamSupport;
import tools.jackson.databind.JsonNode;

/**
 * What the real Codex said to {@code app-server} in one scenario, and what it was told.
 *
 * @param order such as {@code >1 <3 >1}
 */
record CodexRecording(String name, List<String> stdin, List<String> stdout, List<String> order) {
  private static final String PLACE = "/golden/codex/";

  static List<CodexRecording> all() {
    JsonNode index = Json.MAPPER.readTree(resource("index.json"));
    return StreamSupport.stream(index.properties().spliterator(), false)
        .filter(each -> each.getValue().path("command").toString().contains("app-server"))
        .map(each -> of(each.getKey(), each.getValue()))
        .toList();
  }

  static CodexRecording named(String name) {
    return all().stream().filter(each -> each.name().equals(name)).findFirst().orElseThrow();
  }

  private static CodexRecording of(String name, JsonNode about) {
    List<String> order = new ArrayList<>(List.of(about.get("order").asString().split(" ")));
    List<String> stdin = new ArrayList<>(lines(name + ".stdin.jsonl"));
    List<String> stdout = new ArrayList<>(lines(name + ".stdout.jsonl"));
    switch (name) {
      case "interrupt-command" -> {
        // It was asked which commands run before they were ended; we do not ask.
        order.subList(8, 10).clear();
        stdin.removeIf(line -> line.contains("backgroundTerminals/list"));
        stdout.removeIf(line -> line.startsWith("{\"id\":5,"));
        stdout.replaceAll(line -> line.replace("{\"id\":6,", "{\"id\":5,"));
      }
      case "resume-2" -> {
        // Another thread was asked for at the end, in vain.
        order.subList(8, 10).clear();
        stdin.removeLast();
        stdout.removeLast();
      }
      default -> {
        if (name.startsWith("interrupt-") || name.equals("error-dead-endpoint")) {
          // We always end what runs in the background after an interrupt.
          order.addAll(List.of(">1", "<1"));
          stdout.add("{\"id\":5,\"result\":{}}");
        }
      }
    }
    return new CodexRecording(name, stdin, stdout, order);
  }

  private static List<String> lines(String file) {
    return Arrays.asList(resource(file).split("\n"));
  }

  private static String resource(String file) {
    try (InputStream in = CodexRecording.class.getResourceAsStream(PLACE + file)) {
      if (in == null) {
        throw new IllegalStateException("no " + file);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What its user is to see, line by line: all but the dialogue with the driver. */
  List<String> notifications() {
    return stdout.stream()
        .filter(line -> {
          JsonNode json = Json.MAPPER.readTree(line);
          return json.has("method") && !json.has("id");
        })
        .toList();
  }

  /** The answers its driver gave. */
  List<JsonNode> answers() {
    return stdin.stream().map(Json.MAPPER::readTree).filter(line -> line.has("result")).toList();
  }

  @Override
  public String toString() {
    return name;
  }
}
