package dev.dunes.server.http;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Frames of server-sent events in one buffer that grows. Not safe for use by several threads. */
public final class SseFrames {
  private static final byte[] ID = "id: ".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] EVENT = "event: ".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] DATA = "data: ".getBytes(StandardCharsets.US_ASCII);

  private byte[] bytes = new byte[16 << 10];
  private int length;

  /** Nothing is in it. */
  public boolean isEmpty() {
    return length == 0;
  }

  /** How many bytes are in it. */
  public int length() {
    return length;
  }

  /** Empties it. */
  public void clear() {
    length = 0;
  }

  /** The array, of which the first {@link #length} bytes count. */
  byte[] array() {
    return bytes;
  }

  /** The line {@code event: …}. */
  public SseFrames event(String name) {
    add(EVENT);
    add(name.getBytes(StandardCharsets.UTF_8));
    return feed();
  }

  /** The line {@code id: …}. */
  public SseFrames id(long number) {
    add(ID);
    add(Long.toString(number).getBytes(StandardCharsets.US_ASCII));
    return feed();
  }

  /** The line {@code data: …} and the end of the frame. */
  public SseFrames data(byte[] json) {
    begin();
    part(json, 0, json.length);
    return end();
  }

  /** Begins the line {@code data: …}. */
  public SseFrames begin() {
    add(DATA);
    return this;
  }

  /**
   * A piece of the line. A line feed can only be space between tokens of JSON: it becomes a space,
   * as it would be the end of a line here.
   */
  public SseFrames part(byte[] json, int from, int to) {
    int begin = length;
    add(json, from, to);
    for (int i = begin; i < length; i++) {
      if (bytes[i] == '\n' || bytes[i] == '\r') {
        bytes[i] = ' ';
      }
    }
    return this;
  }

  /** Ends the line and the frame. */
  public SseFrames end() {
    return feed().feed();
  }

  private SseFrames feed() {
    ensure(1);
    bytes[length++] = '\n';
    return this;
  }

  private void add(byte[] more) {
    add(more, 0, more.length);
  }

  private void add(byte[] more, int from, int to) {
    ensure(to - from);
    System.arraycopy(more, from, bytes, length, to - from);
    length += to - from;
  }

  private void ensure(int more) {
    if (bytes.length - length < more) {
      bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, length + more));
    }
  }

  /** What is in it, as it goes on the wire. */
  @Override
  public String toString() {
    return new String(bytes, 0, length, StandardCharsets.UTF_8);
  }
}
