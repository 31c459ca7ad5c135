package dev.dunes.server.e2b.connect;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A message of a protocol, while it is made or after it was read. For one thread. */
public final class Message {
  /**
   * Of a list or a map that is read: a few bytes on the wire are many in memory. No program takes
   * as many arguments or variables.
   */
  static final int MOST_ENTRIES = 100_000;

  private static final byte[] NOTHING = new byte[0];

  private final Schema schema;
  private final Map<String, Object> values = new HashMap<>();

  public Message(Schema schema) {
    this.schema = Objects.requireNonNull(schema, "schema");
  }

  public Schema schema() {
    return schema;
  }

  /** Sets a field to a value of its {@link FieldType}, or a list of them. */
  public Message set(String name, Object value) {
    set(schema.required(name), value);
    return this;
  }

  static MalformedMessageException tooMany(String where) {
    return new MalformedMessageException(
        "%s has more than %d entries".formatted(where, MOST_ENTRIES));
  }

  void set(Field field, Object value) {
    if (!field.oneof().isEmpty()) {
      schema.fields().stream()
          .filter(other -> other.oneof().equals(field.oneof()) && other != field)
          .forEach(other -> values.remove(other.name()));
    }
    values.put(field.name(), value);
  }

  /** Whether a field was set. */
  public boolean has(String name) {
    return values.containsKey(name);
  }

  /** Whether another member of the field's group was set. */
  boolean hasRival(Field field) {
    return !field.oneof().isEmpty()
        && schema.fields().stream()
            .anyMatch(other ->
                other != field
                    && other.oneof().equals(field.oneof())
                    && values.containsKey(other.name()));
  }

  @Nullable Object value(Field field) {
    return values.get(field.name());
  }

  /** A field of type {@code STRING}; empty when it was not set. */
  public String text(String name) {
    return values.get(name) instanceof String text ? text : "";
  }

  /** A field of type {@code BYTES}; not copied. */
  public byte[] bytes(String name) {
    return values.get(name) instanceof byte[] bytes ? bytes : NOTHING;
  }

  /** A field that holds a number. */
  public long number(String name) {
    return values.get(name) instanceof Long number ? number : 0;
  }

  /** A field of type {@code BOOL}. */
  public boolean flag(String name) {
    return values.get(name) instanceof Boolean flag && flag;
  }

  /** A field of type {@code MESSAGE}. */
  public Optional<Message> message(String name) {
    return values.get(name) instanceof Message message ? Optional.of(message) : Optional.empty();
  }

  /** A list of texts. */
  public List<String> texts(String name) {
    List<String> texts = new ArrayList<>();
    if (values.get(name) instanceof List<?> list) {
      list.forEach(each -> texts.add((String) each));
    }
    return texts;
  }

  /** A list of messages. */
  public List<Message> messages(String name) {
    List<Message> messages = new ArrayList<>();
    if (values.get(name) instanceof List<?> list) {
      list.forEach(each -> messages.add((Message) each));
    }
    return messages;
  }

  /** A field of type {@code MAP}. */
  public Map<String, String> map(String name) {
    Map<String, String> map = new LinkedHashMap<>();
    if (values.get(name) instanceof Map<?, ?> entries) {
      entries.forEach((key, value) -> map.put((String) key, (String) value));
    }
    return map;
  }

  /** It as JSON. */
  public byte[] json() {
    return JsonCodec.write(this);
  }

  /** Equal in what would be sent. */
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Message that
        && schema.equals(that.schema)
        && java.util.Arrays.equals(ProtoCodec.write(this), ProtoCodec.write(that));
  }

  @Override
  public int hashCode() {
    return java.util.Arrays.hashCode(ProtoCodec.write(this));
  }

  @Override
  public String toString() {
    return schema.name() + new String(JsonCodec.write(this), StandardCharsets.UTF_8);
  }
}
