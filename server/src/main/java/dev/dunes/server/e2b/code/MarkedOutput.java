package dev.dunes.server.e2b.code;

import dev.dunes.server.hosted.Utf8Pieces;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.OptionalInt;

/** One output of a shell up to the mark: NUL, the mark, a space and a number if wanted, NUL. */
final class MarkedOutput {
  private static final int MOST_DIGITS = 3;

  private final byte[] mark;
  private final boolean numbered;
  private final Utf8Pieces pieces = new Utf8Pieces();
  private byte[] kept = new byte[0];
  private boolean ended;
  private OptionalInt code = OptionalInt.empty();

  /**
   * @param mark after which nothing is of interest
   * @param numbered whether an exit code comes with it
   */
  MarkedOutput(String mark, boolean numbered) {
    this.mark = ("\0" + mark + (numbered ? " " : "\0")).getBytes(StandardCharsets.US_ASCII);
    this.numbered = numbered;
  }

  boolean ended() {
    return ended;
  }

  /** The exit code, once it has ended. */
  OptionalInt code() {
    return code;
  }

  /** Takes bytes; what of them is text before the mark. */
  String add(byte[] data) {
    if (ended) {
      return "";
    }
    byte[] all = Arrays.copyOf(kept, kept.length + data.length);
    System.arraycopy(data, 0, all, kept.length, data.length);
    int at = 0;
    while (at < all.length && !(all[at] == 0 && mayBeMark(all, at))) {
      at++;
    }
    kept = Arrays.copyOfRange(all, at, all.length);
    String text = at == 0 ? "" : pieces.next(Arrays.copyOf(all, at));
    finish();
    return ended ? text + pieces.rest() : text;
  }

  /** Whether the mark begins here, as far as can be seen. */
  private boolean mayBeMark(byte[] all, int at) {
    int length = Math.min(mark.length, all.length - at);
    if (!Arrays.equals(all, at, at + length, mark, 0, length)) {
      return false;
    }
    int end = at + mark.length;
    while (numbered && end < all.length && Character.isDigit(all[end])) {
      end++;
    }
    return !numbered
        || end - at - mark.length <= MOST_DIGITS && (end >= all.length || all[end] == 0);
  }

  private void finish() {
    if (kept.length < mark.length) {
      return;
    }
    if (!numbered) {
      ended = true;
      return;
    }
    int last = kept.length - 1;
    for (int i = mark.length; i <= last; i++) {
      if (kept[i] == 0) {
        String digits = new String(kept, mark.length, i - mark.length, StandardCharsets.US_ASCII);
        code = OptionalInt.of(digits.isEmpty() ? 0 : Integer.parseInt(digits));
        ended = true;
        return;
      }
    }
  }
}
