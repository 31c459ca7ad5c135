package dev.dunes.cli;

/**
 * Text that came from a sandbox or from a user, made safe to show: what steers a terminal or turns
 * the direction of writing is shown as an escape.
 */
final class Printable {
  private Printable() {}

  /** The text on one line. */
  static String line(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (isUnsafe(text.charAt(i))) {
        return escaped(text, i);
      }
    }
    return text;
  }

  private static String escaped(String text, int firstUnsafe) {
    StringBuilder safe = new StringBuilder(text.length() + 16).append(text, 0, firstUnsafe);
    for (int i = firstUnsafe; i < text.length(); i++) {
      char c = text.charAt(i);
      if (!isUnsafe(c)) {
        safe.append(c);
      } else if (c == '\n') {
        safe.append("\\n");
      } else if (c == '\t') {
        safe.append("\\t");
      } else if (c == '\r') {
        safe.append("\\r");
      } else {
        safe.append("\\u%04x".formatted((int) c));
      }
    }
    return safe.toString();
  }

  /** Whether it does more than stand for itself. */
  static boolean isUnsafe(char c) {
    return c < 0x20
        || (c >= 0x7F && c <= 0x9F) // DEL and the C1 controls
        || (c >= 0x200B && c <= 0x200F) // zero width, direction marks
        || (c >= 0x2028 && c <= 0x202E) // line separators, direction embeddings
        || (c >= 0x2066 && c <= 0x2069) // direction isolates
        || c == 0xFEFF;
  }
}
