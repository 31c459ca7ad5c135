package dev.dunes.server.acp;

import dev.dunes.server.http.Json;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Messages of JSON-RPC 2.0 as they are sent. */
final class Rpc {
  private Rpc() {}

  private static ObjectNode message() {
    return Json.object().put("jsonrpc", "2.0");
  }

  static byte[] notification(String method, ObjectNode params) {
    return Json.bytes(message().put("method", method).set("params", params));
  }

  static byte[] request(String id, String method, ObjectNode params) {
    return Json.bytes(message().put("id", id).put("method", method).set("params", params));
  }

  static byte[] result(JsonNode id, ObjectNode result) {
    ObjectNode message = message();
    message.set("id", id);
    return Json.bytes(message.set("result", result));
  }

  static byte[] error(JsonNode id, RpcException e) {
    ObjectNode message = message();
    message.set("id", id);
    ObjectNode error =
        message
            .putObject("error")
            .put("code", e.code())
            .put("message", String.valueOf(e.getMessage()));
    e.data().ifPresent(data -> error.set("data", data));
    return Json.bytes(message);
  }

  /** {@code session/update}. */
  static byte[] update(String session, ObjectNode update) {
    return notification(
        "session/update", Json.object().put("sessionId", session).set("update", update));
  }
}
