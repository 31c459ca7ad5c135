package dev.dunes.provider.cloud;

/** Text of a sandbox as one line for people. */
final class Printable {
  private static final int MOST = 300;

  private Printable() {}

  static String of(String text) {
    StringBuilder line = new StringBuilder();
    text.codePoints()
        .limit(MOST)
        .map(c -> Character.isISOControl(c) ? '?' : c)
        .forEach(line::appendCodePoint);
    return line.toString();
  }
}
