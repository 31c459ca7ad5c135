package dev.dunes.session.remote;

import dev.dunes.session.SessionException;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Problem objects as exceptions. Agent API, sheet 2.4. */
final class Problems {
  private static final String URN = "urn:sandbox-agent:error:";

  /** Members that are no extensions, or have a place of their own. */
  private static final Set<String> KNOWN =
      Set.of("type", "title", "status", "detail", "instance", "remedy");

  private Problems() {}

  /** What an answer says that is no good one. */
  static SessionException read(int status, byte[] body, URI server) {
    Optional<JsonNode> problem = object(body).filter(json -> json.path("type").isString());
    if (problem.isEmpty()) {
      return Wire.broken("%s answered HTTP %d".formatted(server, status), null);
    }
    JsonNode json = problem.get();
    String type = json.path("type").asString("");
    Map<String, Object> extensions = new LinkedHashMap<>();
    json.forEachEntry((name, value) -> {
      if (!KNOWN.contains(name) && !value.isNull()) {
        extensions.put(name, JsonMapper.shared().treeToValue(value, Object.class));
      }
    });
    String code = type.startsWith(URN) ? type.substring(URN.length()) : "stream_error";
    return new SessionException(
        code,
        json.path("detail").asString(json.path("title").asString("HTTP " + status)),
        extensions,
        remedy(code, json),
        null);
  }

  private static @Nullable String remedy(String code, JsonNode json) {
    if (code.equals("token_invalid")) {
      return "give the token the server was started with";
    }
    return json.path("remedy").stringValue(null);
  }

  private static Optional<JsonNode> object(byte[] body) {
    try {
      return Optional.of(JsonMapper.shared().readTree(body)).filter(JsonNode::isObject);
    } catch (JacksonException e) {
      return Optional.empty(); // something in between that speaks no JSON
    }
  }
}
