package dev.dunes.scripted;

import static dev.dunes.scripted.Protocol.object;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/** The one body of an error that clients of every protocol understand. */
final class Errors {
  private Errors() {}

  static ObjectNode scripted(int status) {
    String type =
        switch (status) {
          case 401 -> "authentication_error";
          case 429 -> "rate_limit_error";
          default -> "api_error";
        };
    ObjectNode body = object("error");
    body.set(
        "error",
        object(type).put("message", "scripted " + status).put("code", "scripted_" + status));
    return body;
  }

  static ObjectNode body(int status, @Nullable String message) {
    ObjectNode body = object("error");
    String type = status == 404 ? "not_found_error" : "invalid_request_error";
    body.set("error", object(type).put("message", message));
    return body;
  }
}
