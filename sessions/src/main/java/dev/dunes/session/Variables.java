package dev.dunes.session;

import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** {@code ${NAME}} and {@code ${NAME:-default}} in texts. An empty value counts as set. */
final class Variables {
  private static final Pattern REFERENCE =
      Pattern.compile("\\$\\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\\}");

  private Variables() {}

  /**
   * A text with its references replaced.
   *
   * @param lookup the value of a name
   * @param missing called for a name that has neither value nor default; may throw
   */
  static String expand(
      String text, Function<String, Optional<String>> lookup, Function<String, String> missing) {
    return REFERENCE
        .matcher(text)
        .replaceAll(reference ->
            Matcher.quoteReplacement(
                lookup
                    .apply(reference.group(1))
                    .or(() -> Optional.ofNullable(reference.group(2)))
                    .orElseGet(() -> missing.apply(reference.group(1)))));
  }
}
