package dev.dunes.agent.drive;

import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;

/** Finds the name a mistyped one was probably meant to be. */
public final class NearestName {
  private NearestName() {}

  /** The known name with the fewest changes, when at most a third of it, or two, have to change. */
  public static Optional<String> to(String word, Collection<String> known) {
    return known.stream()
        .filter(name -> distance(word, name) <= Math.max(2, name.length() / 3))
        .filter(name -> distance(word, name) < name.length())
        .min(Comparator.comparingInt(name -> distance(word, name)));
  }

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
