package dev.dunes.agent.custom;

import dev.dunes.agent.Agent;
import dev.dunes.agent.AgentException;
import dev.dunes.agent.AgentSettings;
import dev.dunes.agent.drive.Json;
import dev.dunes.agent.install.AgentDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * The agents of the user's own file: {@code DUNES_AGENTS_FILE}, else {@code dunes/agents.json} in
 * {@code XDG_CONFIG_HOME} or {@code ~/.config}. It is never one of a project: what it names of this
 * host is shown to sandboxes.
 */
public final class CustomAgents {
  private static final int LIMIT = 1 << 20;

  private CustomAgents() {}

  /**
   * All of them, none when there is no file.
   *
   * @throws AgentException {@code invalid_settings}, when one of them cannot be
   */
  public static List<Agent> of(AgentSettings settings) {
    Optional<Path> named =
        settings.variable("DUNES_AGENTS_FILE").map(settings.workingDir()::resolve);
    Path file = named.orElseGet(() -> usual(settings));
    if (named.isEmpty() && !Files.exists(file)) {
      return List.of();
    }
    JsonNode json = read(file);
    Path notes = AgentDirectory.root(settings).resolve("acp");
    return json.propertyStream()
        .map(each -> new CustomReader(file, settings.home(), each.getKey(), each.getValue()).read())
        .<Agent>map(each ->
            new CustomAgent(each, new Declarations(notes.resolve(each.name() + ".json"), each)))
        .toList();
  }

  private static Path usual(AgentSettings settings) {
    return settings
        .variable("XDG_CONFIG_HOME")
        .map(Path::of)
        .filter(Path::isAbsolute)
        .orElseGet(() -> settings.home().resolve(".config"))
        .resolve("dunes/agents.json");
  }

  private static JsonNode read(Path file) {
    try {
      if (Files.size(file) > LIMIT) {
        throw wrong(file, "it is larger than 1 MiB", "name another file", null);
      }
      return Json.parse(Files.readString(file))
          .filter(JsonNode::isObject)
          .orElseThrow(() ->
              wrong(
                  file,
                  "it is not a JSON object",
                  "write {\"NAME\": {\"command\": \"…\"}}, with a name for each agent",
                  null));
    } catch (IOException e) {
      throw wrong(
          file, "it cannot be read: " + e, "correct DUNES_AGENTS_FILE, or the file's rights", e);
    }
  }

  private static AgentException wrong(
      Path file, String what, String remedy, @Nullable Throwable cause) {
    return new AgentException("invalid_settings", "%s: %s".formatted(file, what), remedy, cause);
  }
}
