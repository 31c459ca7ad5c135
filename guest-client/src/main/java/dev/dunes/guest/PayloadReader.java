package dev.dunes.guest;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** Reads the values of a payload. Bounded by the payload, which is bounded by the frame. */
final class PayloadReader {
  private static final long MICROS = 1_000_000;
  private static final long NANOS_PER_MICRO = 1000;

  private final ByteBuffer bytes;

  PayloadReader(byte[] payload) {
    this.bytes = ByteBuffer.wrap(payload);
  }

  int u8() throws GuestProtocolException {
    return Byte.toUnsignedInt(need(1).get());
  }

  boolean bool() throws GuestProtocolException {
    int value = u8();
    if (value > 1) {
      throw new GuestProtocolException("boolean " + value);
    }
    return value == 1;
  }

  int u16() throws GuestProtocolException {
    return Short.toUnsignedInt(need(2).getShort());
  }

  /** The raw 32 bits. */
  int u32() throws GuestProtocolException {
    return need(4).getInt();
  }

  /** 32 bits that must be a number from 0 to 2^31 − 1. */
  int count() throws GuestProtocolException {
    int value = u32();
    if (value < 0) {
      throw new GuestProtocolException("number " + Integer.toUnsignedString(value));
    }
    return value;
  }

  long i64() throws GuestProtocolException {
    return need(8).getLong();
  }

  /** 64 bits that must be a number from 0 to 2^63 − 1. */
  long u64() throws GuestProtocolException {
    long value = i64();
    if (value < 0) {
      throw new GuestProtocolException("number " + Long.toUnsignedString(value));
    }
    return value;
  }

  /** 64 bits that are a number of microseconds. */
  Duration micros() throws GuestProtocolException {
    long value = u64();
    return Duration.ofSeconds(value / MICROS, value % MICROS * NANOS_PER_MICRO);
  }

  byte[] bytes() throws GuestProtocolException {
    int length = count();
    byte[] value = new byte[Math.min(length, bytes.remaining())];
    need(length).get(value);
    return value;
  }

  String str() throws GuestProtocolException {
    return new String(bytes(), StandardCharsets.UTF_8);
  }

  boolean hasMore() {
    return bytes.hasRemaining();
  }

  /** Everything must have been read. */
  void end() throws GuestProtocolException {
    if (bytes.hasRemaining()) {
      throw new GuestProtocolException(bytes.remaining() + " bytes too many in a payload");
    }
  }

  private ByteBuffer need(int count) throws GuestProtocolException {
    if (bytes.remaining() < count) {
      throw new GuestProtocolException("a payload ended early");
    }
    return bytes;
  }
}
