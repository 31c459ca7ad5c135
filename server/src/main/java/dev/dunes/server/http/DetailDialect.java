package dev.dunes.server.http;

import java.util.List;

/** {@code {"detail": …}}, as the Query API speaks. */
public final class DetailDialect implements Dialect {
  @Override
  public Reply badRequest(String why) {
    return Reply.detail(400, why);
  }

  @Override
  public Reply unauthorized(boolean shown) {
    return Reply.detail(401, shown ? "Invalid authentication credentials" : "Not authenticated")
        .with("www-authenticate", "Bearer");
  }

  @Override
  public Reply crossSite(String why) {
    return Reply.detail(403, why);
  }

  @Override
  public Reply notFound() {
    return Reply.detail(404, "Not Found");
  }

  @Override
  public Reply methodNotAllowed(List<String> allowed) {
    return Reply.detail(405, "Method Not Allowed").with("allow", String.join(", ", allowed));
  }

  @Override
  public Reply tooLarge() {
    return Reply.detail(413, "Request body too large");
  }

  @Override
  public Reply failed(String requestId) {
    return Reply.json(
        500, Json.object().put("detail", "Internal Server Error").put("request_id", requestId));
  }
}
