package dev.dunes.guest;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.Map;

/** Builds a payload. */
final class PayloadWriter {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream(64);
  private final DataOutputStream out = new DataOutputStream(bytes);

  private interface Writing {
    void write() throws IOException;
  }

  PayloadWriter u8(int value) {
    return put(() -> out.writeByte(value));
  }

  PayloadWriter bool(boolean value) {
    return u8(value ? 1 : 0);
  }

  PayloadWriter u16(int value) {
    return put(() -> out.writeShort(value));
  }

  PayloadWriter u32(int value) {
    return put(() -> out.writeInt(value));
  }

  PayloadWriter u64(long value) {
    return put(() -> out.writeLong(value));
  }

  PayloadWriter str(String value) {
    byte[] text = value.getBytes(StandardCharsets.UTF_8);
    return put(() -> {
      out.writeInt(text.length);
      out.write(text);
    });
  }

  PayloadWriter list(Collection<String> values) {
    u32(values.size());
    values.forEach(this::str);
    return this;
  }

  PayloadWriter pairs(Map<String, String> values) {
    u32(values.size());
    values.forEach((name, value) -> str(name).str(value));
    return this;
  }

  byte[] toBytes() {
    return bytes.toByteArray();
  }

  private PayloadWriter put(Writing writing) {
    try {
      writing.write();
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException("an array cannot fail", e);
    }
  }
}
