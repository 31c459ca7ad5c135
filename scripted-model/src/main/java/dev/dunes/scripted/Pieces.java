package dev.dunes.scripted;

import java.util.ArrayList;
import java.util.List;

/**
 * Cuts texts into the pieces of a stream, so short that clients meet JSON that is cut. Of a long
 * text the pieces are longer: clients look at all they have had with every piece, and would take
 * minutes for one of some hundred kilobytes.
 */
final class Pieces {
  private static final int TEXT = 12;
  private static final int ARGUMENTS = 20;
  private static final int MOST = 500;

  private Pieces() {}

  static List<String> ofText(String text) {
    return cut(text, TEXT);
  }

  static List<String> ofArguments(String text) {
    return cut(text, ARGUMENTS);
  }

  /** Pieces of at least so many code points each, but for the last. */
  private static List<String> cut(String text, int least) {
    int length = Math.max(least, Math.ceilDiv(text.length(), MOST));
    List<String> pieces = new ArrayList<>();
    int start = 0;
    while (start < text.length()) {
      int left = text.codePointCount(start, text.length());
      int end = text.offsetByCodePoints(start, Math.min(length, left));
      pieces.add(text.substring(start, end));
      start = end;
    }
    return pieces;
  }
}
