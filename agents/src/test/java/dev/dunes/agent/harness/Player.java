package dev.dunes.agent.harness;

import dev.dunes.agent.AgentPlacement;
import dev.dunes.agent.ModelAccess;
import dev.dunes.agent.drive.Json;
import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.Sandboxes;
import dev.dunes.sandbox.spi.ProviderSettings;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/**
 * Plays what a real agent said in one scenario, in a sandbox of provider {@code host}: a program
 * that writes what was recorded and waits for as many lines as were written to it.
 */
public final class Player implements AutoCloseable {
  /** Where agents that are played would ask their model. */
  public static final ModelAccess NOWHERE =
      new ModelAccess("http://127.0.0.1:8082", "run-token", Map.of());

  /** What a played agent needs: nothing. */
  public static final AgentPlacement PLACEMENT = new AgentPlacement(List.of(), "1");

  /** The lines that were written to the real agent. */
  public final List<String> stdin;

  /** The lines that it wrote. */
  public final List<String> stdout;

  public final Sandbox sandbox;
  public final Path directory;
  private final Sandboxes sandboxes;

  /**
   * @param place such as {@code gemini}, below {@code golden}
   */
  public Player(String place, String scenario) {
    this.stdin = lines(place, scenario + ".stdin.jsonl");
    this.stdout = lines(place, scenario + ".stdout.jsonl");
    String order = index(place).path(scenario).path("order").asString("");
    try {
      directory = Files.createTempDirectory(Path.of("/tmp"), "dunes-");
      Files.writeString(
          directory.resolve("order"),
          Arrays.stream(order.split(" "))
              .map(step -> step.charAt(0) + " " + step.substring(1) + "\n")
              .collect(Collectors.joining()));
      Files.writeString(
          directory.resolve("stdout"),
          stdout.stream().map(line -> line + "\n").collect(Collectors.joining()));
      Files.writeString(directory.resolve("exit"), "0\n");
      Files.writeString(directory.resolve("play.sh"), resource("/golden/play.sh"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Map<String, String> settings = Map.of("state_dir", directory.resolve("state").toString());
    sandboxes =
        Sandboxes.builder().settings(new ProviderSettings(settings, System.getenv())).build();
    sandbox = sandboxes.provider("host").create(SandboxSpec.DEFAULT);
  }

  /** The scenarios that were recorded. */
  public static List<String> scenarios(String place) {
    return index(place).propertyNames().stream().toList();
  }

  private static JsonNode index(String place) {
    return Json.MAPPER.readTree(resource("/golden/" + place + "/index.json"));
  }

  private static List<String> lines(String place, String file) {
    return resource("/golden/" + place + "/" + file).lines().toList();
  }

  private static String resource(String name) {
    try (InputStream in = Objects.requireNonNull(Player.class.getResourceAsStream(name), name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The command that plays. */
  public Command command() {
    return Command.builder("/bin/sh", directory.resolve("play.sh").toString())
        .workingDir(directory.toString())
        .env(Map.of("FAKE", directory.toString()))
        .openStdin()
        .build();
  }

  /** What was written to the player. */
  public List<JsonNode> read() {
    try {
      return Files.readAllLines(directory.resolve("read")).stream()
          .map(Json.MAPPER::readTree)
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    sandbox.destroy();
    sandbox.close();
    sandboxes.close();
    try (Stream<Path> walk = Files.walk(directory)) {
      for (Path path : walk.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
