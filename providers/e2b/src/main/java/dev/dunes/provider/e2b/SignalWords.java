package dev.dunes.provider.e2b;

import java.util.Map;
import java.util.Optional;

/** Signals in the words of Linux, as the daemon says them. E2B wire 3.1. */
final class SignalWords {
  private static final String PREFIX = "signal: ";
  private static final Map<String, Integer> NUMBERS =
      Map.ofEntries(
          Map.entry("hangup", 1),
          Map.entry("interrupt", 2),
          Map.entry("quit", 3),
          Map.entry("illegal instruction", 4),
          Map.entry("trace/breakpoint trap", 5),
          Map.entry("aborted", 6),
          Map.entry("bus error", 7),
          Map.entry("floating point exception", 8),
          Map.entry("killed", 9),
          Map.entry("user defined signal 1", 10),
          Map.entry("segmentation fault", 11),
          Map.entry("user defined signal 2", 12),
          Map.entry("broken pipe", 13),
          Map.entry("alarm clock", 14),
          Map.entry("terminated", 15));

  private SignalWords() {}

  /** The signal of a status such as {@code signal: killed}. */
  static Optional<Integer> signal(String status) {
    if (!status.startsWith(PREFIX)) {
      return Optional.empty();
    }
    String word = status.substring(PREFIX.length()).replace(" (core dumped)", "").strip();
    if (word.matches("signal [0-9]{1,3}")) {
      return Optional.of(Integer.parseInt(word.substring(7)));
    }
    return Optional.ofNullable(NUMBERS.get(word));
  }
}
