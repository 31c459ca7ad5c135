package dev.dunes.scripted;

import java.time.Duration;
import tools.jackson.databind.JsonNode;

/**
 * One event of a stream.
 *
 * @param name of its {@code event:} line, or empty for none
 * @param pause before it is sent
 */
record ServerEvent(String name, String data, Duration pause) {
  static ServerEvent named(String name, JsonNode data) {
    return new ServerEvent(name, data.toString(), Duration.ZERO);
  }

  static ServerEvent unnamed(JsonNode data) {
    return new ServerEvent("", data.toString(), Duration.ZERO);
  }

  ServerEvent after(Duration wait) {
    return new ServerEvent(name, data, wait);
  }

  /** As it goes over the wire. */
  String framed() {
    return (name.isEmpty() ? "" : "event: " + name + "\n") + "data: " + data + "\n\n";
  }
}
