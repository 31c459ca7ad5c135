package dev.dunes.cli;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Options of the form {@code KEY=VALUE}. */
final class KeyValues {
  private KeyValues() {}

  /** In the order given; the last of several with the same key counts. */
  static Map<String, String> parse(String option, List<String> values) {
    Map<String, String> parsed = new LinkedHashMap<>();
    for (String value : values) {
      int equals = value.indexOf('=');
      if (equals < 1) {
        throw Failure.usage(
            "%s: '%s' is not KEY=VALUE".formatted(option, value),
            "write it as %s KEY=VALUE".formatted(option));
      }
      parsed.put(value.substring(0, equals), value.substring(equals + 1));
    }
    return parsed;
  }
}
