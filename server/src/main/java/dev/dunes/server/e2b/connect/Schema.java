package dev.dunes.server.e2b.connect;

import java.util.List;
import java.util.Optional;

/**
 * What a message consists of.
 *
 * @param name of the message
 * @param fields in the order in which they are written
 */
public record Schema(String name, List<Field> fields) {
  public Schema {
    fields = List.copyOf(fields);
  }

  public static Schema of(String name, Field... fields) {
    return new Schema(name, List.of(fields));
  }

  Optional<Field> byNumber(int number) {
    return fields.stream().filter(field -> field.number() == number).findFirst();
  }

  /** By its name in JSON, or in the text of the protocol. */
  Optional<Field> byName(String name) {
    return fields.stream()
        .filter(field -> field.name().equals(name) || field.protoName().equals(name))
        .findFirst();
  }

  Field required(String name) {
    return fields.stream()
        .filter(field -> field.name().equals(name))
        .findFirst()
        .orElseThrow(() ->
            new IllegalArgumentException("message %s has no field %s".formatted(this.name, name)));
  }
}
