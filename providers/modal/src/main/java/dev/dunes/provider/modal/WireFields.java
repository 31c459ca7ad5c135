package dev.dunes.provider.modal;

import static java.util.Objects.requireNonNull;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * A message of protocol buffers while it is written, field by field under its number. The format is
 * that of <a href="https://protobuf.dev/programming-guides/encoding/">its documentation</a>. Not
 * safe for use by several threads.
 */
final class WireFields {
  static final int VARINT = 0;
  static final int FIXED64 = 1;
  static final int LENGTH = 2;
  static final int FIXED32 = 5;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  WireFields text(int field, String value) {
    return bytes(field, requireNonNull(value, "value").getBytes(StandardCharsets.UTF_8));
  }

  WireFields texts(int field, Iterable<String> values) {
    values.forEach(value -> text(field, value));
    return this;
  }

  WireFields message(int field, WireFields value) {
    return bytes(field, value.toBytes());
  }

  WireFields bytes(int field, byte[] value) {
    tag(field, LENGTH);
    varint(value.length);
    out.writeBytes(value);
    return this;
  }

  /** Also of enumerations. */
  WireFields number(int field, long value) {
    tag(field, VARINT);
    varint(value);
    return this;
  }

  WireFields flag(int field, boolean value) {
    return number(field, value ? 1 : 0);
  }

  WireFields floating(int field, float value) {
    tag(field, FIXED32);
    out.writeBytes(little(4).putFloat(value).array());
    return this;
  }

  WireFields floating(int field, double value) {
    tag(field, FIXED64);
    out.writeBytes(little(8).putDouble(value).array());
    return this;
  }

  /** A map of texts: a message of key 1 and value 2 for each. */
  WireFields map(int field, Map<String, String> values) {
    values.forEach((key, value) -> message(field, new WireFields().text(1, key).text(2, value)));
    return this;
  }

  byte[] toBytes() {
    return out.toByteArray();
  }

  private static ByteBuffer little(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  private void tag(int field, int type) {
    varint((long) field << 3 | type);
  }

  private void varint(long value) {
    long left = value;
    while ((left & ~0x7FL) != 0) {
      out.write((int) (left & 0x7F | 0x80));
      left >>>= 7;
    }
    out.write((int) left);
  }
}
