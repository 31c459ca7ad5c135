package dev.dunes.cli;

import java.util.Map;

/** Says what may follow a verb that does nothing by itself. */
final class Parts {
  private Parts() {}

  static Failure missing(String line, Map<String, Verb> parts) {
    return Failure.usage(
        "`%s` needs one of: %s".formatted(line, String.join(", ", parts.keySet())),
        "`%s --help` shows what there is".formatted(line));
  }
}
