package dev.dunes.agent.custom;

import dev.dunes.agent.AgentException;
import dev.dunes.agent.Agents;
import dev.dunes.agent.ModelDialect;
import dev.dunes.agent.drive.NearestName;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Reads what is said of one agent, and refuses what cannot be. */
final class CustomReader {
  private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9._-]{0,63}");
  private static final Pattern VARIABLE = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");
  private static final List<String> KEYS =
      List.of("command", "args", "env", "directory", "dialects", "conversations");

  private final Path file;
  private final Path home;
  private final String name;
  private final JsonNode json;

  CustomReader(Path file, Path home, String name, JsonNode json) {
    this.file = file;
    this.home = home;
    this.name = name;
    this.json = json;
  }

  /**
   * All of it.
   *
   * @throws AgentException {@code invalid_settings}
   */
  CustomSettings read() {
    if (!NAME.matcher(name).matches()) {
      throw wrong(
          "a name has 1 to 64 of a-z, 0-9, '.', '_' and '-', and begins with a letter or digit",
          "choose another name");
    }
    if (!json.isObject()) {
      throw wrong("it must be an object", "write {\"command\": \"…\"}");
    }
    for (String key : json.propertyNames()) {
      if (!KEYS.contains(key)) {
        throw wrong(
            "'%s' is no known field".formatted(key),
            NearestName.to(key, KEYS)
                .map("did you mean '%s'?"::formatted)
                .orElse("known fields: " + String.join(", ", KEYS)));
      }
    }
    String command =
        text("command", json.get("command"))
            .orElseThrow(() -> wrong("it has no command", "name the program that speaks ACP"));
    List<String> args = texts("args");
    Map<String, String> env = env();
    Optional<Path> directory = text("directory", json.get("directory")).map(this::directory);
    placeholders(command, args, env, directory.isPresent());
    return new CustomSettings(
        Agents.OWN + name,
        command,
        args,
        env,
        directory,
        dialects(env),
        conversations(),
        UUID.nameUUIDFromBytes(json.toString().getBytes(StandardCharsets.UTF_8)).toString(),
        file);
  }

  private Optional<String> text(String key, @Nullable JsonNode value) {
    if (value == null || value.isNull()) {
      return Optional.empty();
    }
    if (!value.isString() || value.asString().isBlank() || value.asString().indexOf('\0') >= 0) {
      throw wrong("%s: %s is not a text".formatted(key, value), "write it in quotes");
    }
    return Optional.of(value.asString());
  }

  private List<String> texts(String key) {
    JsonNode value = json.path(key);
    if (value.isMissingNode() || value.isNull()) {
      return List.of();
    }
    if (!value.isArray()
        || !value
            .valueStream()
            .allMatch(each -> each.isString() && each.asString().indexOf('\0') < 0)) {
      throw wrong("%s must be an array of texts".formatted(key), "write [\"…\"]");
    }
    return value.valueStream().map(JsonNode::asString).toList();
  }

  private Map<String, String> env() {
    JsonNode value = json.path("env");
    Map<String, String> env = new LinkedHashMap<>();
    if (value.isMissingNode() || value.isNull()) {
      return env;
    }
    boolean good =
        value.isObject()
            && value
                .propertyStream()
                .allMatch(each ->
                    VARIABLE.matcher(each.getKey()).matches()
                        && each.getValue().isString()
                        && each.getValue().asString().indexOf('\0') < 0);
    if (!good) {
      throw wrong(
          "env must be an object of texts by names of variables", "write {\"NAME\": \"…\"}");
    }
    value.propertyStream().forEach(each -> env.put(each.getKey(), each.getValue().asString()));
    return env;
  }

  private Path directory(String text) {
    Path path = text.startsWith("~/") ? home.resolve(text.substring(2)) : Path.of(text);
    return file.resolveSibling(path).toAbsolutePath().normalize();
  }

  private void placeholders(
      String command, List<String> args, Map<String, String> env, boolean directory) {
    List<String> visible = new ArrayList<>(args);
    visible.add(command);
    List<String> all = new ArrayList<>(visible);
    all.addAll(env.values());
    all.stream()
        .flatMap(Placeholders::in)
        .filter(each -> !Placeholders.ALL.contains(each))
        .findFirst()
        .ifPresent(each -> {
          throw wrong(
              "${%s} is not known".formatted(each),
              "known are ${%s}".formatted(String.join("}, ${", Placeholders.ALL)));
        });
    if (visible.stream().flatMap(Placeholders::in).anyMatch(Placeholders.MODEL_TOKEN::equals)) {
      throw wrong(
          "${MODEL_TOKEN} is in the command line, which every user of this machine can see",
          "give it to the agent in env");
    }
    if (!directory
        && all.stream().flatMap(Placeholders::in).anyMatch(Placeholders.DIRECTORY::equals)) {
      throw wrong("${DIRECTORY} is used, and there is none", "name a directory");
    }
  }

  /** One that never hears where the gateway is asks no model. */
  private List<ModelDialect> dialects(Map<String, String> env) {
    if (json.path("dialects").isMissingNode()) {
      boolean asks =
          env.values().stream()
              .flatMap(Placeholders::in)
              .anyMatch(Placeholders.MODEL_TOKEN::equals);
      return asks ? List.of(ModelDialect.values()) : List.of();
    }
    List<ModelDialect> dialects = new ArrayList<>();
    for (String each : texts("dialects")) {
      try {
        dialects.add(ModelDialect.valueOf(each.toUpperCase(Locale.ROOT)));
      } catch (IllegalArgumentException e) {
        throw wrong(
            "dialects: '%s' is not known".formatted(each), "one of anthropic, openai, gemini");
      }
    }
    return dialects;
  }

  private List<String> conversations() {
    List<String> paths = texts("conversations");
    for (String path : paths) {
      Path inside = Path.of(path);
      if (inside.isAbsolute()
          || path.isBlank()
          || !inside.normalize().equals(inside)
          || inside.startsWith("..")) {
        throw wrong(
            "conversations: '%s' is not a path within its home".formatted(path),
            "write it relative to the home, without '..'");
      }
    }
    return paths;
  }

  private AgentException wrong(String what, String remedy) {
    return new AgentException(
        "invalid_settings", "%s: agent '%s': %s".formatted(file, name, what), remedy, null);
  }
}
