package dev.dunes.server.hosted;

import dev.dunes.server.http.Dialect;
import dev.dunes.server.http.Json;
import dev.dunes.server.http.Reply;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import tools.jackson.databind.node.ObjectNode;

/** {@code {"code": 404, "message": …, "error_code": …}}. Sandbox API 2.1. */
public final class CodeDialect implements Dialect {
  private static final Pattern PATHS =
      Pattern.compile(
          "(?:/v[23])?/(?:sandboxes|snapshots|events|webhooks|templates|stats|api-keys|volumes|volumecontent)(?:/.*)?");

  private final String missing;

  public CodeDialect() {
    this("there is no such path; GET /docs lists what there is");
  }

  /**
   * @param missing what is said when there is no such path
   */
  public CodeDialect(String missing) {
    this.missing = missing;
  }

  /** Whether this is how to speak at a path. */
  public static boolean at(String path) {
    return PATHS.matcher(path).matches();
  }

  /** A refusal; of 409 and some 429 clients are told that trying again is no use. */
  public static Reply reply(int status, String message, Optional<String> errorCode) {
    Reply reply = Reply.json(status, body(status, message, errorCode));
    return status == 409 || status == 429 ? reply.with("x-should-retry", "false") : reply;
  }

  public static Reply reply(int status, String message) {
    return reply(status, message, Optional.empty());
  }

  public static ObjectNode body(int status, String message, Optional<String> errorCode) {
    ObjectNode body = Json.object().put("code", status).put("message", message);
    errorCode.ifPresent(code -> body.put("error_code", code));
    return body;
  }

  @Override
  public Reply badRequest(String why) {
    return reply(400, why);
  }

  @Override
  public Reply unauthorized(boolean shown) {
    return reply(
            401,
            shown
                ? "the API key is not valid"
                : "an API key is needed: send Authorization: Bearer <key> or X-API-Key: <key>")
        .with("www-authenticate", "Bearer");
  }

  @Override
  public Reply crossSite(String why) {
    return reply(403, why);
  }

  @Override
  public Reply notFound() {
    return reply(404, missing);
  }

  @Override
  public Reply methodNotAllowed(List<String> allowed) {
    String methods = String.join(", ", allowed);
    return reply(405, "method not allowed; use " + methods).with("allow", methods);
  }

  @Override
  public Reply tooLarge() {
    return reply(413, "the request body is too large");
  }

  @Override
  public Reply failed(String requestId) {
    return reply(
        500, "internal error; the log says more under " + requestId, Optional.of("internal_error"));
  }
}
