package dev.dunes.server.v1;

import static java.util.Objects.requireNonNull;

import dev.dunes.server.http.HttpFailure;
import dev.dunes.server.http.Json;
import dev.dunes.server.http.Reply;
import dev.dunes.session.SessionException;
import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.databind.node.ObjectNode;

/**
 * A problem object of RFC 7807. Agent API, sheet 2.4; ACP, sheet 2.5.
 *
 * @param type the last part of its type
 * @param title for people
 * @param status of HTTP
 * @param detail what happened
 * @param extensions further members, in their order
 */
public record Problem(
    ProblemType type, String title, int status, String detail, Map<String, Object> extensions) {
  private static final String URN = "urn:sandbox-agent:error:";

  public Problem {
    requireNonNull(type, "type");
    requireNonNull(title, "title");
    requireNonNull(detail, "detail");
    extensions = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(extensions));
  }

  /** One of this type with its own title and status. */
  public static Problem of(ProblemType type, String detail) {
    return new Problem(type, type.title(), type.status(), detail, Map.of());
  }

  /** {@code invalid request: …}, 400. */
  public static Problem invalid(String why) {
    return of(ProblemType.INVALID_REQUEST, "invalid request: " + why);
  }

  /** {@code conflict: …}, 409, the text once more in {@code details.message}. */
  public static Problem conflict(String why) {
    return told(ProblemType.CONFLICT, "conflict: ", why);
  }

  /** {@code stream error: …}, 502, the text once more in {@code details.message}. */
  public static Problem stream(String why) {
    return told(ProblemType.STREAM_ERROR, "stream error: ", why);
  }

  /** One that repeats its text in {@code details.message}. */
  public static Problem told(ProblemType type, String prefix, String why) {
    return of(type, prefix + why).with("details", Map.of("message", why));
  }

  /** What a session's failure is on the wire. */
  public static Problem of(SessionException e) {
    ProblemType type = ProblemType.named(e.code());
    Map<String, Object> extensions = new LinkedHashMap<>(e.extensions());
    // The sheet lists every member of the others; a client may compare them.
    if (type.status() >= 500 || type == ProblemType.AGENT_NOT_INSTALLED) {
      e.remedy().ifPresent(remedy -> extensions.put("remedy", remedy));
    }
    return new Problem(type, type.title(), type.status(), e.detail(), extensions);
  }

  /** The same with a member more. */
  public Problem with(String name, Object value) {
    Map<String, Object> more = new LinkedHashMap<>(extensions);
    more.put(name, value);
    return new Problem(type, title, status, detail, more);
  }

  /** The same with another title and status. */
  public Problem as(int otherStatus, String otherTitle) {
    return new Problem(type, otherTitle, otherStatus, detail, extensions);
  }

  /** The object. */
  public ObjectNode json() {
    ObjectNode json =
        Json.object()
            .put("type", URN + type.wireName())
            .put("title", title)
            .put("status", status)
            .put("detail", detail);
    extensions.forEach((name, value) -> json.set(name, Json.MAPPER.valueToTree(value)));
    return json;
  }

  /** The answer. */
  public Reply reply() {
    return Reply.of(status, "application/problem+json", Json.bytes(json()));
  }

  /** Ends the handling of a request with it. */
  public HttpFailure failure() {
    return new HttpFailure(reply());
  }
}
