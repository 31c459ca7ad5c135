package dev.dunes.provider.cloud;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Values that are never shown, whoever repeats them. */
public final class Secrets {
  private static final int SHORTEST = 6;
  private static final int LONGEST_TEXT = 500;

  private final Set<String> values = ConcurrentHashMap.newKeySet();

  public Secrets() {}

  /** Takes care of one more value; very short ones cannot be told from ordinary text. */
  public void add(String value) {
    if (value.length() >= SHORTEST) {
      values.add(value);
    }
  }

  /** A text of a vendor as one line of at most 500 characters without these values. */
  public String clean(String text) {
    String clean = text;
    for (String value : values) {
      clean = clean.replace(value, "***");
    }
    StringBuilder line = new StringBuilder();
    clean
        .codePoints()
        .limit(LONGEST_TEXT)
        .map(c -> Character.isISOControl(c) ? ' ' : c)
        .forEach(line::appendCodePoint);
    return line.toString().strip();
  }

  @Override
  public String toString() {
    return "Secrets[" + values.size() + "]";
  }
}
