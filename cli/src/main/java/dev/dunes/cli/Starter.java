package dev.dunes.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A project to begin with.
 *
 * @param files their paths in the project
 * @param example a command to try
 */
record Starter(String name, String summary, List<String> files, String example) {
  private static final String FOLDER = "starters/";

  /** Names that a build would leave out, and what they are called in the program. */
  private static final Map<String, String> HIDDEN =
      Map.of(".env.example", "env.example", ".gitignore", "gitignore");

  static List<Starter> all() {
    List<Starter> all = new ArrayList<>();
    for (JsonNode entry : JsonMapper.shared().readTree(resource("index.json"))) {
      List<String> files = entry.path("files").valueStream().map(JsonNode::asString).toList();
      all.add(
          new Starter(
              entry.path("name").asString(),
              entry.path("summary").asString(),
              files,
              entry.path("example").asString()));
    }
    return all;
  }

  static Optional<Starter> named(String name) {
    return all().stream().filter(starter -> starter.name().equals(name)).findFirst();
  }

  /** Contents by path. */
  Map<String, byte[]> contents() {
    Map<String, byte[]> contents = new LinkedHashMap<>();
    for (String file : files) {
      contents.put(file, resource(name + "/" + HIDDEN.getOrDefault(file, file)));
    }
    return contents;
  }

  private static byte[] resource(String path) {
    try (InputStream file = Starter.class.getResourceAsStream(FOLDER + path)) {
      if (file == null) {
        throw new IllegalStateException(path + " is not part of this build");
      }
      return file.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
