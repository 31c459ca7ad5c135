package dev.dunes.server.http;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/**
 * A whole answer.
 *
 * @param status of HTTP
 * @param headers in their order
 * @param body not copied
 */
public record Reply(int status, Map<String, String> headers, byte[] body) {
  /** JSON. */
  public static Reply json(int status, JsonNode body) {
    return of(status, "application/json", Json.bytes(body));
  }

  /** {@code {"detail": …}}: the dialect of the Query API. */
  public static Reply detail(int status, String text) {
    return json(status, Json.object().put("detail", text));
  }

  /** {@code {"error": …}}. */
  public static Reply error(int status, String text) {
    return json(status, Json.object().put("error", text));
  }

  /** A text of some type. */
  public static Reply text(int status, String type, String text) {
    return of(status, type, text.getBytes(StandardCharsets.UTF_8));
  }

  /** Nothing but a status. */
  public static Reply empty(int status) {
    return new Reply(status, Map.of(), new byte[0]);
  }

  public static Reply of(int status, String type, byte[] body) {
    return new Reply(status, Map.of("content-type", type), body);
  }

  /** The same with a header more. */
  public Reply with(String name, String value) {
    Map<String, String> more = new LinkedHashMap<>(headers);
    more.put(name, value);
    return new Reply(status, more, body);
  }
}
