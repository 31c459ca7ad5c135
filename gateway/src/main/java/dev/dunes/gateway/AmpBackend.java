package dev.dunes.gateway;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.util.Optional;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * What Amp's client asks its vendor for besides models, played here: who its user is, and places
 * for its transcripts. What it sends is counted and thrown away as it comes, never kept, read or
 * passed on. Sheet "driving agents, others", 2.3.
 */
final class AmpBackend {
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final String PREFIX = "/api/";
  private static final String MODELS = "/api/provider/";

  private AmpBackend() {}

  /** Whether a path is the vendor's and no model's. */
  static boolean serves(String path) {
    return path.startsWith(PREFIX) && !path.startsWith(MODELS) && !path.contains("..");
  }

  /**
   * Answers once all of the request has come and gone; the request is paused.
   *
   * @param max bytes of a body
   * @param tooLarge when it is larger, instead of an answer
   */
  static void answer(HttpServerRequest request, Lease lease, long max, Runnable tooLarge) {
    long[] rest = {max};
    request.handler(piece -> {
      lease.active();
      boolean fitted = rest[0] >= 0;
      rest[0] -= piece.length();
      if (fitted && rest[0] < 0) {
        tooLarge.run();
      }
    });
    request.endHandler(end -> {
      if (rest[0] >= 0) {
        send(request.response(), result(Optional.ofNullable(request.query()).orElse("")));
      }
    });
    request.resume();
  }

  private static void send(HttpServerResponse response, ObjectNode result) {
    ObjectNode body = JSON.createObjectNode().put("ok", true);
    body.set("result", result);
    response.putHeader("content-type", "application/json");
    response.end(Buffer.buffer(JSON.writeValueAsBytes(body)));
  }

  private static ObjectNode result(String query) {
    ObjectNode result = JSON.createObjectNode();
    switch (query) {
      case "getUserInfo" -> {
        result.put("id", "user_1").put("email", "user@sandbox.invalid");
        result.put("username", "user").put("name", "User");
        result.putNull("teamID").putNull("team");
        result.putArray("features");
        result.putNull("mysteriousMessage");
        result.putArray("userFeatures");
        result.putNull("workspace");
      }
      case "loadPlugins" -> result.putArray("plugins");
      default -> {}
    }
    return result;
  }
}
