package dev.dunes.server.e2b.envd;

import dev.dunes.server.http.HttpFailure;
import dev.dunes.server.http.Json;
import dev.dunes.server.http.Reply;

/** Refusals outside of the services: {@code {"code":…,"message":…}}. E2B wire 2.5. */
final class EnvdReplies {
  private EnvdReplies() {}

  static HttpFailure failure(int status, String message) {
    return new HttpFailure(reply(status, message));
  }

  static Reply reply(int status, String message) {
    return Reply.json(status, Json.object().put("code", status).put("message", message));
  }
}
