package dev.dunes.bench;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.util.Locale;

/**
 * Reads HTTP/1.1 messages with a content-length, one after the other, and keeps nothing of them.
 */
final class HttpFrame {
  /** As {@link java.io.InputStream#read(byte[], int, int)}. */
  interface Source {
    int read(byte[] bytes, int offset, int length) throws IOException;
  }

  private static final String LENGTH = "\r\ncontent-length:";

  private final byte[] buffer;

  /**
   * @param buffer larger than any message
   */
  HttpFrame(byte[] buffer) {
    this.buffer = buffer;
  }

  /** One message; false at the end of the connection. */
  boolean read(Source source) throws IOException {
    int have = 0;
    int need = -1;
    while (need < 0 || have < need) {
      int count = source.read(buffer, have, buffer.length - have);
      if (count < 0) {
        return false;
      }
      have += count;
      if (need < 0) {
        need = length(have);
      }
    }
    return true;
  }

  /** Of the whole message, or -1 when its head is not complete. */
  private int length(int have) throws IOException {
    for (int i = 3; i < have; i++) {
      if (buffer[i] == '\n' && buffer[i - 1] == '\r' && buffer[i - 2] == '\n') {
        String head = new String(buffer, 0, i, US_ASCII).toLowerCase(Locale.ROOT);
        int start = head.indexOf(LENGTH);
        if (start < 0) {
          throw new IOException("a message without a length: " + head);
        }
        int from = start + LENGTH.length();
        return i + 1 + Integer.parseInt(head.substring(from, head.indexOf('\r', from)).strip());
      }
    }
    return -1;
  }
}
