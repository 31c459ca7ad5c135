package dev.dunes.session;

import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;

/** Finds the word a mistyped one was probably meant to be. */
final class Nearest {
  private static final int MOST_CHANGES = 2;

  private Nearest() {}

  static Optional<String> to(String word, Collection<String> known) {
    return known.stream()
        .filter(candidate -> distance(word, candidate) <= MOST_CHANGES)
        .min(Comparator.comparingInt(candidate -> distance(word, candidate)));
  }

  /** The Levenshtein distance. */
  private static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int change = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(change, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[b.length()];
  }
}
