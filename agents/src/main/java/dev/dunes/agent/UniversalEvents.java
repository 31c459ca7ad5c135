package dev.dunes.agent;

import java.io.ByteArrayOutputStream;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.io.SerializedString;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** The JSON of {@link UniversalEvent}, key by key in the order the agent API declares. */
public final class UniversalEvents {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  /** Most events are smaller. */
  private static final int SIZE = 512;

  private static final SerializedString EVENT_ID = new SerializedString("event_id");
  private static final SerializedString SEQUENCE = new SerializedString("sequence");
  private static final SerializedString TIMESTAMP = new SerializedString("time");
  private static final SerializedString SESSION_ID = new SerializedString("session_id");
  private static final SerializedString NATIVE_SESSION_ID =
      new SerializedString("native_session_id");
  private static final SerializedString SYNTHETIC = new SerializedString("synthetic");
  private static final SerializedString SOURCE = new SerializedString("source");
  private static final SerializedString TYPE = new SerializedString("type");
  private static final SerializedString DATA = new SerializedString("data");
  private static final SerializedString RAW = new SerializedString("raw");
  private static final SerializedString ITEM_ID = new SerializedString("item_id");
  private static final SerializedString NATIVE_ITEM_ID = new SerializedString("native_item_id");
  private static final SerializedString DELTA = new SerializedString("delta");

  /** As many digits of a second as there are, as in the sheet's examples. */
  private static final DateTimeFormatter TIME =
      new DateTimeFormatterBuilder().appendInstant(-1).toFormatter(Locale.ROOT);

  /** Before the digits of a fraction, so that none of them is lost. */
  private static final int NANOS = 1_000_000_000;

  /** The last second that was written. */
  private static volatile Second second = new Second(0, "1970-01-01T00:00:00");

  private static final Map<String, Class<? extends AgentEvent>> TYPES =
      List.<Map.Entry<String, Class<? extends AgentEvent>>>of(
              Map.entry("session.started", AgentEvent.SessionStarted.class),
              Map.entry("session.ended", AgentEvent.SessionEnded.class),
              Map.entry("item.started", AgentEvent.ItemStarted.class),
              Map.entry("item.completed", AgentEvent.ItemCompleted.class),
              Map.entry("item.delta", AgentEvent.ItemDelta.class),
              Map.entry("error", AgentEvent.Failed.class),
              Map.entry("permission.requested", AgentEvent.PermissionRequested.class),
              Map.entry("permission.resolved", AgentEvent.PermissionResolved.class),
              Map.entry("question.requested", AgentEvent.QuestionRequested.class),
              Map.entry("question.resolved", AgentEvent.QuestionResolved.class),
              Map.entry("turn.started", AgentEvent.Turn.class),
              Map.entry("turn.ended", AgentEvent.Turn.class),
              Map.entry("agent.unparsed", AgentEvent.Unparsed.class))
          .stream()
          .collect(Collectors.toUnmodifiableMap(Map.Entry::getKey, Map.Entry::getValue));

  private UniversalEvents() {}

  /** The whole event; every key is present. */
  public static ObjectNode toJson(UniversalEvent event) {
    ObjectNode json = JSON.createObjectNode();
    json.put("event_id", event.eventId());
    json.put("sequence", event.sequence());
    json.put("time", TIME.format(event.time()));
    json.put("session_id", event.sessionId());
    json.put("native_session_id", event.nativeSessionId().orElse(null));
    json.put("synthetic", event.synthetic());
    json.set("source", JSON.valueToTree(event.source()));
    json.put("type", event.data().type());
    json.set("data", data(event.data()));
    json.set("raw", event.raw().orElseGet(JSON::nullNode));
    return json;
  }

  /**
   * The same as {@link #toJson} writes it, UTF-8, with {@code "raw":null} whatever the event's is:
   * for who writes many. No tree is made.
   */
  public static byte[] toBytes(UniversalEvent event) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(SIZE);
    try (JsonGenerator json = JSON.createGenerator(bytes)) {
      json.writeStartObject();
      json.writeName(EVENT_ID).writeString(event.eventId());
      json.writeName(SEQUENCE).writeNumber(event.sequence());
      json.writeName(TIMESTAMP).writeString(time(event.time()));
      json.writeName(SESSION_ID).writeString(event.sessionId());
      json.writeName(NATIVE_SESSION_ID).writeString(event.nativeSessionId().orElse(null));
      json.writeName(SYNTHETIC).writeBoolean(event.synthetic());
      json.writeName(SOURCE).writeString(event.synthetic() ? "daemon" : "agent");
      json.writeName(TYPE).writeString(event.data().type());
      json.writeName(DATA);
      writeData(json, event.data());
      json.writeName(RAW).writeNull();
      json.writeEndObject();
    }
    return bytes.toByteArray();
  }

  /** Pieces of messages are nearly all there is of a stream: they go without databind. */
  private static void writeData(JsonGenerator json, AgentEvent data) {
    if (data instanceof AgentEvent.ItemDelta piece) {
      json.writeStartObject();
      json.writeName(ITEM_ID).writeString(piece.itemId());
      json.writeName(NATIVE_ITEM_ID).writeString(piece.nativeItemId().orElse(null));
      json.writeName(DELTA).writeString(piece.delta());
      json.writeEndObject();
    } else {
      json.writePOJO(data);
    }
  }

  /** The same as {@code TIME} writes it; many events come in one second. */
  private static String time(Instant time) {
    Second known = second;
    if (known.epoch() != time.getEpochSecond()) {
      String whole = TIME.format(Instant.ofEpochSecond(time.getEpochSecond()));
      known = new Second(time.getEpochSecond(), whole.substring(0, whole.length() - 1));
      second = known;
    }
    if (time.getNano() == 0) {
      return known.text() + 'Z';
    }
    String digits = Integer.toString(NANOS + time.getNano());
    int end = digits.length();
    while (digits.charAt(end - 1) == '0') {
      end--;
    }
    return new StringBuilder(known.text().length() + end + 1)
        .append(known.text())
        .append('.')
        .append(digits, 1, end)
        .append('Z')
        .toString();
  }

  /** A second as it is written, without its zone. */
  private record Second(long epoch, String text) {}

  /** The {@code data} of an event. */
  public static JsonNode data(AgentEvent event) {
    return JSON.valueToTree(event);
  }

  /**
   * Reads what {@link #toJson} wrote; further keys are ignored.
   *
   * @throws IllegalArgumentException when it is no such event
   */
  public static UniversalEvent fromJson(JsonNode json) {
    return new UniversalEvent(
        required(json, "sequence").asLong(),
        Instant.parse(required(json, "time").asString()),
        required(json, "session_id").asString(),
        optional(json, "native_session_id").map(JsonNode::asString),
        required(json, "synthetic").asBoolean(),
        read(required(json, "source"), UniversalEvent.Source.class),
        event(required(json, "type").asString(), required(json, "data")),
        optional(json, "raw"));
  }

  /**
   * Reads the {@code data} of an event of this type.
   *
   * @throws IllegalArgumentException when there is no such type or the data is not of it
   */
  public static AgentEvent event(String type, JsonNode data) {
    Class<? extends AgentEvent> record = TYPES.get(type);
    if (record == null) {
      throw new IllegalArgumentException("no such type of event: " + type);
    }
    return read(data, record);
  }

  private static <T> T read(JsonNode json, Class<T> type) {
    try {
      return JSON.treeToValue(json, type);
    } catch (JacksonException e) {
      throw new IllegalArgumentException(
          "no " + type.getSimpleName() + ": " + e.getOriginalMessage(), e);
    }
  }

  private static JsonNode required(JsonNode json, String key) {
    return optional(json, key)
        .orElseThrow(() -> new IllegalArgumentException("the event has no " + key));
  }

  private static Optional<JsonNode> optional(JsonNode json, String key) {
    return Optional.ofNullable(json.get(key)).filter(value -> !value.isNull());
  }
}
