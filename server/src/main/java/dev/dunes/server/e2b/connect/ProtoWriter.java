package dev.dunes.server.e2b.connect;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** Writes the parts of protocol buffers. protobuf.dev, "Encoding". */
final class ProtoWriter {
  private static final int VARINT = 0;
  private static final int LENGTH = 2;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  byte[] toBytes() {
    return out.toByteArray();
  }

  private void raw(long value) {
    long rest = value;
    while ((rest & ~0x7FL) != 0) {
      out.write((int) (rest & 0x7F) | 0x80);
      rest >>>= 7;
    }
    out.write((int) rest);
  }

  void varint(int number, long value) {
    raw((long) number << 3 | VARINT);
    raw(value);
  }

  void bytes(int number, byte[] value) {
    raw((long) number << 3 | LENGTH);
    raw(value.length);
    out.writeBytes(value);
  }

  void text(int number, String value) {
    bytes(number, value.getBytes(StandardCharsets.UTF_8));
  }
}
