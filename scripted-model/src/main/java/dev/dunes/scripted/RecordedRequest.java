package dev.dunes.scripted;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A request that the scripted model got, kept in memory only: bodies hold vendors' system prompts.
 *
 * @param method such as {@code POST}
 * @param path with its query
 * @param headers by name in lower case
 * @param body decoded
 * @param scenario the script that answered, or empty
 * @param step which reply of it was given, from 0
 * @param status of the answer; 0 when none was given
 * @param aborted whether the client left before the answer was complete
 */
public record RecordedRequest(
    String method,
    String path,
    Map<String, List<String>> headers,
    byte[] body,
    String scenario,
    int step,
    int status,
    boolean aborted) {
  /** The first value of a header. */
  public Optional<String> header(String name) {
    List<String> values = headers.getOrDefault(name.toLowerCase(Locale.ROOT), List.of());
    return values.stream().findFirst();
  }

  public String bodyText() {
    return new String(body, StandardCharsets.UTF_8);
  }

  /**
   * The body as JSON.
   *
   * @throws tools.jackson.core.JacksonException when it is none
   */
  public JsonNode json() {
    return JsonMapper.shared().readTree(body);
  }

  /** Without headers and body: they hold credentials and system prompts. */
  @Override
  public String toString() {
    return "%s %s -> %d [%s:%d]%s"
        .formatted(method, path, status, scenario, step, aborted ? " aborted" : "");
  }
}
