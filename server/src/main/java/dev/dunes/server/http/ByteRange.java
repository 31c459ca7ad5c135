package dev.dunes.server.http;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Part of a file. RFC 9110 14.
 *
 * @param from the first byte
 * @param length how many
 */
public record ByteRange(long from, long length) {
  private static final Pattern ONE = Pattern.compile("bytes=(\\d{0,18})-(\\d{0,18})");

  /** No byte of the file is asked for. */
  public static final class NotSatisfiableException extends Exception {
    private static final long serialVersionUID = 1L;
  }

  /** The one range that is asked for; empty for none, several or what is no range. */
  public static Optional<ByteRange> of(String header, long size) throws NotSatisfiableException {
    Matcher range = ONE.matcher(header.replace(" ", ""));
    if (!range.matches() || range.group(1).isEmpty() && range.group(2).isEmpty()) {
      return Optional.empty();
    }
    if (range.group(1).isEmpty()) {
      long last = Math.min(size, Long.parseLong(range.group(2)));
      if (last == 0) {
        throw new NotSatisfiableException();
      }
      return Optional.of(new ByteRange(size - last, last));
    }
    long from = Long.parseLong(range.group(1));
    long to = range.group(2).isEmpty() ? size - 1 : Long.parseLong(range.group(2));
    if (to < from && !range.group(2).isEmpty()) {
      return Optional.empty();
    }
    if (from >= size) {
      throw new NotSatisfiableException();
    }
    return Optional.of(new ByteRange(from, Math.min(to, size - 1) - from + 1));
  }
}
