package dev.dunes.server.v1;

import dev.dunes.server.http.Dialect;
import dev.dunes.server.http.Reply;
import java.util.List;
import java.util.Map;

/** Problem objects, as the APIs under {@code /v1} speak. Agent API, sheet 2.4. */
public final class ProblemDialect implements Dialect {
  @Override
  public Reply badRequest(String why) {
    return Problem.invalid(why).reply();
  }

  @Override
  public Reply unauthorized(boolean shown) {
    return Problem.of(ProblemType.TOKEN_INVALID, "token invalid")
        .with("details", Map.of("message", "missing or invalid token"))
        .reply()
        .with("www-authenticate", "Bearer");
  }

  @Override
  public Reply crossSite(String why) {
    return Problem.of(ProblemType.PERMISSION_DENIED, "permission denied")
        .with("details", Map.of("message", why))
        .reply();
  }

  @Override
  public Reply notFound() {
    return Problem.of(ProblemType.INVALID_REQUEST, "endpoint not found")
        .as(404, "Not Found")
        .reply();
  }

  @Override
  public Reply methodNotAllowed(List<String> allowed) {
    return Problem.of(ProblemType.INVALID_REQUEST, "method not allowed")
        .as(405, "Method Not Allowed")
        .reply()
        .with("allow", String.join(", ", allowed));
  }

  @Override
  public Reply tooLarge() {
    return Problem.of(ProblemType.INVALID_REQUEST, "invalid request: the body is too large")
        .as(413, "Payload Too Large")
        .reply();
  }

  @Override
  public Reply failed(String requestId) {
    return Problem.of(ProblemType.INTERNAL_ERROR, "internal error: see the server's log")
        .with("requestId", requestId)
        .reply();
  }
}
