package dev.dunes.provider.cloud;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

/** Finds the mark that ends a command's output, wherever it is cut. */
final class FrameEnd {
  /** Behind the mark: a blank and an exit code at most, then the end of the line. */
  private static final int MOST_AFTER = 8;

  private final byte[] mark;
  private byte[] held = {};
  private boolean over;

  FrameEnd(String mark) {
    this.mark = mark.getBytes(StandardCharsets.US_ASCII);
  }

  /**
   * What is known now.
   *
   * @param data of the command
   * @param after what is behind the mark, once all of it is there
   */
  @SuppressWarnings("ArrayRecordComponent") // handed over once, never compared
  record Part(byte[] data, Optional<String> after) {}

  Part take(byte[] more) {
    if (over) {
      return new Part(new byte[0], Optional.empty());
    }
    byte[] all = Arrays.copyOf(held, held.length + more.length);
    System.arraycopy(more, 0, all, held.length, more.length);
    int at = find(all);
    int whole = at < 0 ? all.length : at;
    boolean found = at >= 0 && at + mark.length <= all.length;
    if (!found) {
      held = Arrays.copyOfRange(all, whole, all.length);
      return new Part(Arrays.copyOf(all, whole), Optional.empty());
    }
    byte[] after = Arrays.copyOfRange(all, at + mark.length, all.length);
    String text = new String(after, StandardCharsets.US_ASCII);
    int line = text.indexOf('\n');
    if (line < 0 && after.length < MOST_AFTER) {
      held = Arrays.copyOfRange(all, at, all.length);
      return new Part(Arrays.copyOf(all, at), Optional.empty());
    }
    over = true;
    return new Part(Arrays.copyOf(all, at), Optional.of(line < 0 ? text : text.substring(0, line)));
  }

  /** Where the mark begins, or what may become it at the very end; -1 when nowhere. */
  private int find(byte[] all) {
    for (int i = 0; i < all.length; i++) {
      int most = Math.min(mark.length, all.length - i);
      if (all[i] == mark[0] && Arrays.equals(all, i, i + most, mark, 0, most)) {
        return i;
      }
    }
    return -1;
  }
}
