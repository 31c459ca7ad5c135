package dev.dunes.server.e2b.connect;

import dev.dunes.server.http.Json;
import java.util.Objects;
import tools.jackson.databind.node.ObjectNode;

/** Ends a call with this error. The message is for the client. */
public final class ConnectException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final ConnectCode code;

  public ConnectException(ConnectCode code, String message) {
    super(Objects.requireNonNull(message, "message"));
    this.code = Objects.requireNonNull(code, "code");
  }

  public ConnectCode code() {
    return code;
  }

  ObjectNode body() {
    return Json.object().put("code", code.wireName()).put("message", String.valueOf(getMessage()));
  }
}
