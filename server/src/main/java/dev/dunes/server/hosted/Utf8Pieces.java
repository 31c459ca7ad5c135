package dev.dunes.server.hosted;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Text out of bytes that come in pieces: a character cut between two pieces is put together. What
 * is no UTF-8 becomes U+FFFD.
 */
public final class Utf8Pieces {
  private static final int LONGEST = 4;

  private byte[] kept = new byte[0];

  /** How many bytes of earlier pieces the next text begins with. */
  public int pending() {
    return kept.length;
  }

  /** The text of a piece, but for a character that is not whole. */
  public String next(byte[] piece) {
    byte[] all = Arrays.copyOf(kept, kept.length + piece.length);
    System.arraycopy(piece, 0, all, kept.length, piece.length);
    int whole = all.length - unfinished(all);
    kept = Arrays.copyOfRange(all, whole, all.length);
    return new String(all, 0, whole, StandardCharsets.UTF_8);
  }

  /** What is left when nothing comes any more. */
  public String rest() {
    String rest = new String(kept, StandardCharsets.UTF_8);
    kept = new byte[0];
    return rest;
  }

  /** How many bytes at the end begin a character that goes on. */
  private static int unfinished(byte[] bytes) {
    for (int back = 1; back < LONGEST && back <= bytes.length; back++) {
      int b = bytes[bytes.length - back] & 0xFF;
      if (b < 0x80) {
        return 0;
      }
      if (b >= 0xC0) {
        int length = b >= 0xF0 ? 4 : b >= 0xE0 ? 3 : 2;
        return length > back ? back : 0;
      }
    }
    return 0;
  }
}
