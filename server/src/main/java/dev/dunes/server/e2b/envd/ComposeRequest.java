package dev.dunes.server.e2b.envd;

import dev.dunes.server.http.Exchange;
import dev.dunes.server.http.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * Which files are to become which one.
 *
 * @param sources in their order
 * @param destination of all of them
 * @param username whose paths these are
 */
record ComposeRequest(List<String> sources, String destination, Optional<String> username) {
  private static final int LARGEST = 4 << 20;
  private static final int MOST_SOURCES = 10_000;

  static ComposeRequest read(Exchange exchange) throws InterruptedException {
    JsonNode body;
    try {
      body = Json.MAPPER.readTree(exchange.body(LARGEST));
    } catch (JacksonException e) {
      throw EnvdReplies.failure(400, "invalid JSON body: " + e.getOriginalMessage());
    }
    JsonNode paths = body.path("source_paths");
    if (!paths.isArray() || paths.isEmpty() || paths.size() > MOST_SOURCES) {
      throw EnvdReplies.failure(
          400, "source_paths must be a list of 1 to %d paths".formatted(MOST_SOURCES));
    }
    List<String> sources = new ArrayList<>();
    for (JsonNode path : paths) {
      sources.add(text(path, "source_paths"));
    }
    Optional<String> username =
        body.path("username").isString()
            ? Optional.of(body.path("username").asString())
            : Optional.empty();
    return new ComposeRequest(sources, text(body.path("destination"), "destination"), username);
  }

  private static String text(JsonNode node, String name) {
    if (!node.isString() || node.asString().isEmpty()) {
      throw EnvdReplies.failure(400, name + " must be text");
    }
    return node.asString();
  }
}
