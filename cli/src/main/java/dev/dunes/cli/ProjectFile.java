package dev.dunes.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code sandstorm.json}, to be changed. What is not changed stays as it is, in its order. */
final class ProjectFile {
  private final Path file;
  private final ObjectNode content;

  private ProjectFile(Path file, ObjectNode content) {
    this.file = file;
    this.content = content;
  }

  /** The one of a directory; an empty one when there is none yet. */
  static ProjectFile in(Path directory) {
    Path file = directory.resolve("sandstorm.json");
    if (!Files.exists(file)) {
      return new ProjectFile(file, JsonMapper.shared().createObjectNode());
    }
    try {
      if (JsonMapper.shared().readTree(Files.readAllBytes(file)) instanceof ObjectNode object) {
        return new ProjectFile(file, object);
      }
      throw broken("it is not an object");
    } catch (JacksonException e) {
      throw broken(e.getOriginalMessage());
    } catch (IOException e) {
      throw broken(String.valueOf(e.getMessage()));
    }
  }

  private static Failure broken(String why) {
    return new Failure(
        ExitCodes.ERROR, "sandstorm.json cannot be changed: " + why, "mend it first");
  }

  /** What is said about a server; missing when nothing is. */
  JsonNode server(String name) {
    return content.path("mcp_servers").path(name);
  }

  /** Adds or replaces a server; its tools are allowed where only some are. */
  void put(String name, ObjectNode server) {
    if (content.has("mcp_servers") && !content.path("mcp_servers").isObject()) {
      throw broken("mcp_servers is not an object");
    }
    content.withObject("mcp_servers").set(name, server);
    String tools = "mcp__" + name + "__*";
    if (content.path("allowed_tools") instanceof ArrayNode allowed
        && allowed.valueStream().noneMatch(tool -> tool.asString("").equals(tools))) {
      allowed.add(tools);
    }
  }

  void save() {
    try {
      Files.write(file, (PrettyJson.of(content) + "\n").getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new Failure(ExitCodes.ERROR, "cannot write %s: %s".formatted(file, e.getMessage()), "");
    }
  }
}
