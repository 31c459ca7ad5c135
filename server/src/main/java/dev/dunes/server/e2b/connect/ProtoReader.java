package dev.dunes.server.e2b.connect;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** Takes protocol buffers apart; trusts no length. protobuf.dev, "Encoding". */
final class ProtoReader {
  static final int VARINT = 0;
  static final int FIXED64 = 1;
  static final int LENGTH = 2;
  static final int GROUP = 3;
  static final int GROUP_END = 4;
  static final int FIXED32 = 5;

  private static final int DEEPEST = 100;
  private static final int MOST_BITS = 64;

  private final byte[] data;
  private final int end;
  private int at;

  ProtoReader(byte[] data) {
    this(data, 0, data.length);
  }

  private ProtoReader(byte[] data, int from, int end) {
    this.data = data;
    this.at = from;
    this.end = end;
  }

  boolean hasMore() {
    return at < end;
  }

  /** The number of the next field and, in the low three bits, how it is written. */
  int tag() throws MalformedMessageException {
    long tag = varint();
    if (tag < 1 << 3 || tag > 0xFFFF_FFFFL) {
      throw new MalformedMessageException("a field has no proper number");
    }
    return (int) tag;
  }

  long varint() throws MalformedMessageException {
    long value = 0;
    for (int shift = 0; shift < MOST_BITS; shift += 7) {
      if (at == end) {
        throw cut();
      }
      byte b = data[at++];
      value |= (b & 0x7FL) << shift;
      if (b >= 0) {
        return value;
      }
    }
    throw new MalformedMessageException("a number has more than ten bytes");
  }

  private int length() throws MalformedMessageException {
    long length = varint();
    if (length < 0 || length > end - at) {
      throw cut();
    }
    return (int) length;
  }

  byte[] bytes() throws MalformedMessageException {
    int length = length();
    byte[] bytes = java.util.Arrays.copyOfRange(data, at, at + length);
    at += length;
    return bytes;
  }

  String text() throws MalformedMessageException {
    int length = length();
    try {
      String text =
          StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(data, at, length)).toString();
      at += length;
      return text;
    } catch (CharacterCodingException e) {
      throw new MalformedMessageException("a text is not UTF-8");
    }
  }

  ProtoReader message() throws MalformedMessageException {
    int length = length();
    ProtoReader part = new ProtoReader(data, at, at + length);
    at += length;
    return part;
  }

  /** Leaves out a field nobody knows. */
  void skip(int tag) throws MalformedMessageException {
    skip(tag, 0);
  }

  private void skip(int tag, int depth) throws MalformedMessageException {
    switch (tag & 7) {
      case VARINT -> varint();
      case FIXED64 -> skipBytes(Long.BYTES);
      case FIXED32 -> skipBytes(Integer.BYTES);
      case LENGTH -> skipBytes(length());
      case GROUP -> skipGroup(tag, depth);
      default -> throw new MalformedMessageException("a field is written in no known way");
    }
  }

  private void skipGroup(int tag, int depth) throws MalformedMessageException {
    if (depth == DEEPEST) {
      throw new MalformedMessageException("groups are nested too deeply");
    }
    while (true) {
      int next = tag();
      if ((next & 7) == GROUP_END) {
        if (next >>> 3 != tag >>> 3) {
          throw new MalformedMessageException("a group ends that has not begun");
        }
        return;
      }
      skip(next, depth + 1);
    }
  }

  private void skipBytes(int count) throws MalformedMessageException {
    if (count > end - at) {
      throw cut();
    }
    at += count;
  }

  private static MalformedMessageException cut() {
    return new MalformedMessageException("the message ends in the middle of a field");
  }
}
