package dev.dunes.cli;

import java.util.Optional;

/** Finds the command that somebody meant to type. */
final class NearWords {
  private static final int MOST_EDITS = 2;

  private NearWords() {}

  /** The verb that is nearest to a word, at most two edits away. */
  static Optional<String> verb(String word) {
    Optional<String> nearest = Optional.empty();
    int least = MOST_EDITS + 1;
    for (String candidate : candidates()) {
      int edits = edits(word, candidate);
      if (edits < least && edits < candidate.length()) {
        least = edits;
        nearest = Optional.of(candidate);
      }
    }
    return nearest;
  }

  private static String[] candidates() {
    Verbs[] verbs = Verbs.values();
    String[] words = new String[verbs.length + 1];
    for (int i = 0; i < verbs.length; i++) {
      words[i] = verbs[i].word();
    }
    words[verbs.length] = "help";
    return words;
  }

  /** How many characters must be added, removed, replaced or swapped with their neighbour. */
  static int edits(String from, String to) {
    int[][] table = new int[from.length() + 1][to.length() + 1];
    for (int i = 0; i <= from.length(); i++) {
      for (int j = 0; j <= to.length(); j++) {
        if (i == 0 || j == 0) {
          table[i][j] = i + j;
          continue;
        }
        boolean equal = from.charAt(i - 1) == to.charAt(j - 1);
        int best = table[i - 1][j - 1] + (equal ? 0 : 1);
        best = Math.min(best, Math.min(table[i - 1][j], table[i][j - 1]) + 1);
        if (i > 1
            && j > 1
            && from.charAt(i - 1) == to.charAt(j - 2)
            && from.charAt(i - 2) == to.charAt(j - 1)) {
          best = Math.min(best, table[i - 2][j - 2] + 1);
        }
        table[i][j] = best;
      }
    }
    return table[from.length()][to.length()];
  }
}
