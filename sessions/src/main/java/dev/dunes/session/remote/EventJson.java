package dev.dunes.session.remote;

import dev.dunes.session.SessionEvent;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Events as a server sends them when it is asked for {@code include_raw}: what the agent wrote is
 * in the event, here it is beside it. Agent API, sheets 2.6 and 2.8.
 */
final class EventJson {
  /** Nothing was kept: the event is as it shall be. */
  private static final byte[] WITHOUT = "\"raw\":null}".getBytes(StandardCharsets.US_ASCII);

  private EventJson() {}

  static SessionEvent of(long sequence, byte[] json) {
    int tail = json.length - WITHOUT.length;
    if (tail >= 0 && Arrays.equals(json, tail, json.length, WITHOUT, 0, WITHOUT.length)) {
      return new SessionEvent(sequence, json, Optional.empty());
    }
    try {
      if (JsonMapper.shared().readTree(json) instanceof ObjectNode event) {
        return of(sequence, event);
      }
    } catch (JacksonException e) {
      throw Wire.broken("event " + sequence + " is no JSON", e);
    }
    throw Wire.broken("event " + sequence + " is no object", null);
  }

  static SessionEvent of(long sequence, ObjectNode event) {
    JsonNode raw = event.path("raw");
    if (raw.isNull() || raw.isMissingNode()) {
      return new SessionEvent(sequence, bytes(event), Optional.empty());
    }
    event.putNull("raw");
    return new SessionEvent(sequence, bytes(event), Optional.of(bytes(raw)));
  }

  private static byte[] bytes(JsonNode json) {
    return json.toString().getBytes(StandardCharsets.UTF_8);
  }
}
