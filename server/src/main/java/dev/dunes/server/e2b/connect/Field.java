package dev.dunes.server.e2b.connect;

import java.util.Optional;

/**
 * A field of a message.
 *
 * @param number in protocol buffers
 * @param name in JSON, in camel case
 * @param type of each value
 * @param repeated whether it is a list
 * @param explicit whether a zero that was set is sent: it is {@code optional}, or one of several
 * @param oneof the group of which only one is set; empty for none
 * @param message of the values of type {@code MESSAGE}
 * @param enumType of the values of type {@code ENUM}
 */
public record Field(
    int number,
    String name,
    FieldType type,
    boolean repeated,
    boolean explicit,
    String oneof,
    Optional<Schema> message,
    Optional<EnumType> enumType) {
  /** A field of a scalar type, a timestamp or a map. */
  public static Field of(int number, String name, FieldType type) {
    return new Field(number, name, type, false, false, "", Optional.empty(), Optional.empty());
  }

  /** A field that holds a message. */
  public static Field of(int number, String name, Schema message) {
    return new Field(
        number, name, FieldType.MESSAGE, false, true, "", Optional.of(message), Optional.empty());
  }

  /** A field that holds one of an enumeration. */
  public static Field of(int number, String name, EnumType type) {
    return new Field(
        number, name, FieldType.ENUM, false, false, "", Optional.empty(), Optional.of(type));
  }

  /** The same, as a list. */
  public Field list() {
    return new Field(number, name, type, true, false, "", message, enumType);
  }

  /** The same, for which zero and absent are different. */
  public Field optional() {
    return new Field(number, name, type, repeated, true, oneof, message, enumType);
  }

  /** The same, as a member of a group of which only one is set. */
  public Field in(String group) {
    return new Field(number, name, type, repeated, true, group, message, enumType);
  }

  /** Its name in the text of the protocol, which JSON may use too. */
  String protoName() {
    StringBuilder snake = new StringBuilder();
    for (char c : name.toCharArray()) {
      if (Character.isUpperCase(c)) {
        snake.append('_').append(Character.toLowerCase(c));
      } else {
        snake.append(c);
      }
    }
    return snake.toString();
  }
}
