package dev.dunes.agent.acp;

import java.util.List;
import java.util.Optional;

/**
 * What changed between two texts, as one hunk of a unified diff without file names: everything
 * between the first and the last line that differ, with three lines around it.
 */
final class LineDiff {
  private static final int CONTEXT = 3;

  /** A longer diff is left out. Characters. */
  private static final int LIMIT = 256 << 10;

  private LineDiff() {}

  /** The hunk; empty when nothing changed or it is too long. */
  static Optional<String> of(String before, String after) {
    List<String> old = before.lines().toList();
    List<String> now = after.lines().toList();
    int start = 0;
    while (start < Math.min(old.size(), now.size()) && old.get(start).equals(now.get(start))) {
      start++;
    }
    int end = 0;
    while (end < Math.min(old.size(), now.size()) - start
        && old.get(old.size() - 1 - end).equals(now.get(now.size() - 1 - end))) {
      end++;
    }
    if (start == old.size() && start == now.size()) {
      return Optional.empty();
    }
    int first = Math.max(0, start - CONTEXT);
    int trail = Math.min(end, CONTEXT);
    StringBuilder diff = new StringBuilder();
    diff.append(
        "@@ -%s +%s @@\n"
            .formatted(
                range(first, old.size() - end + trail), range(first, now.size() - end + trail)));
    add(diff, ' ', old.subList(first, start));
    add(diff, '-', old.subList(start, old.size() - end));
    add(diff, '+', now.subList(start, now.size() - end));
    add(diff, ' ', old.subList(old.size() - end, old.size() - end + trail));
    return diff.length() > LIMIT ? Optional.empty() : Optional.of(diff.toString());
  }

  private static String range(int from, int to) {
    return (to == from ? from : from + 1) + "," + (to - from);
  }

  private static void add(StringBuilder diff, char sign, List<String> lines) {
    for (String line : lines) {
      if (diff.length() <= LIMIT) {
        diff.append(sign).append(line).append('\n');
      }
    }
  }
}
