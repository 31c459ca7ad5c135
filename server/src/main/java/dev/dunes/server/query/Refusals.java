package dev.dunes.server.query;

import dev.dunes.server.http.HttpFailure;
import dev.dunes.server.http.Json;
import dev.dunes.server.http.Reply;
import dev.dunes.session.RunRefusedException;

/** What is answered when a run is refused. Query API 2.3. */
final class Refusals {
  private Refusals() {}

  static HttpFailure of(RunRefusedException e) {
    String message = String.valueOf(e.getMessage());
    return switch (e.reason()) {
      case INVALID ->
          e.field().isPresent()
              ? new Problems().value(message, e.field().get()).failure()
              : new Problems().value(message).failure();
      case UNKNOWN_SESSION -> new HttpFailure(Reply.detail(404, message));
      case CONFIG -> new HttpFailure(Reply.detail(500, message));
      case SHUTTING_DOWN -> new HttpFailure(Reply.detail(503, message));
      case BUSY ->
          new HttpFailure(
              Reply.json(
                      429,
                      Json.object()
                          .put("type", "error")
                          .put("error", message)
                          .put("detail", message)
                          .put("request_id", e.runId().orElse("")))
                  .with("retry-after", "5"));
    };
  }
}
