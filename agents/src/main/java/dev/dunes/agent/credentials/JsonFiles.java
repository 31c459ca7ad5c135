package dev.dunes.agent.credentials;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Files of JSON in somebody's home.
 *
 * @param problems gets a line for each file that is there and of no use
 */
record JsonFiles(Path home, List<String> problems) {
  /** Claude Code keeps its history beside its key. */
  private static final int LONGEST = 64 << 20;

  /** The object in a file; empty when there is none. */
  Optional<JsonNode> read(String relative) {
    Path file = home.resolve(relative);
    try (InputStream in = Files.newInputStream(file)) {
      byte[] bytes = in.readNBytes(LONGEST + 1);
      if (bytes.length > LONGEST) {
        return problem(relative, "is longer than 64 MiB");
      }
      JsonNode json = JsonMapper.shared().readTree(bytes);
      return json.isObject() ? Optional.of(json) : problem(relative, "is no JSON object");
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException e) {
      // Also when a directory on the way to it is none.
      return Files.exists(file) ? problem(relative, "cannot be read") : Optional.empty();
    } catch (JacksonException e) {
      return problem(relative, "is not JSON"); // the parser's own words may show a secret
    }
  }

  private Optional<JsonNode> problem(String relative, String what) {
    problems.add("~/%s %s".formatted(relative, what));
    return Optional.empty();
  }

  /** The text at a path of members such as {@code auth.token}; empty when it is blank. */
  static Optional<String> text(JsonNode object, String path) {
    JsonNode node = object;
    for (String member : path.split("\\.")) {
      node = node.path(member);
    }
    return node.isString()
        ? Optional.of(node.asString().strip()).filter(text -> !text.isEmpty())
        : Optional.empty();
  }
}
