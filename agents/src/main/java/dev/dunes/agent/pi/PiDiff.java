package dev.dunes.agent.pi;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Differences of files. pi shows them for people: each line has a sign, its number and its text,
 * and what was left out is three dots.
 */
final class PiDiff {
  /** A longer one is left out. Characters. */
  private static final int LIMIT = 256 << 10;

  private static final Pattern LINE = Pattern.compile("([+ -])( *[0-9]{1,9}) (.*)");

  private PiDiff() {}

  /** All of a file is new. */
  static Optional<String> added(String contents) {
    return contents.length() > LIMIT
        ? Optional.empty()
        : Optional.of(
            contents.lines().map(line -> "+" + line + "\n").collect(Collectors.joining()));
  }

  /** One hunk for each stretch of lines; empty when it cannot be understood. */
  static Optional<String> unified(String shown) {
    if (shown.length() > LIMIT) {
      return Optional.empty();
    }
    StringBuilder diff = new StringBuilder();
    int shift = 0; // how much further down new lines are than old ones
    Hunk hunk = new Hunk();
    for (String line : shown.lines().toList()) {
      Matcher part = LINE.matcher(line);
      if (!part.matches()) {
        if (!line.strip().equals("...")) {
          return Optional.empty();
        }
        hunk.end(diff);
        hunk = new Hunk();
        continue;
      }
      int number = Integer.parseInt(part.group(2).strip());
      char sign = part.group(1).charAt(0);
      hunk.add(sign, part.group(3), sign == '+' ? number - shift : number, shift);
      shift += sign == '+' ? 1 : sign == '-' ? -1 : 0;
    }
    hunk.end(diff);
    return diff.isEmpty() ? Optional.empty() : Optional.of(diff.toString());
  }

  private static final class Hunk {
    private final StringBuilder lines = new StringBuilder();
    private int old;
    private int now;
    private int from = -1;
    private int shift;

    void add(char sign, String text, int oldNumber, int shiftBefore) {
      if (from < 0) {
        from = oldNumber;
        shift = shiftBefore;
      }
      old += sign == '+' ? 0 : 1;
      now += sign == '-' ? 0 : 1;
      lines.append(sign).append(text).append('\n');
    }

    void end(StringBuilder diff) {
      if (lines.isEmpty()) {
        return;
      }
      diff.append("@@ -%d,%d +%d,%d @@\n".formatted(from, old, from + shift, now)).append(lines);
    }
  }
}
