package dev.dunes.agent.custom;

import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** {@code ${NAME}} in settings: what is known only when an agent starts. */
final class Placeholders {
  /** Where the gateway is, such as {@code http://127.0.0.1:8082}. */
  static final String MODEL_URL = "MODEL_URL";

  /** What the gateway knows the session by. */
  static final String MODEL_TOKEN = "MODEL_TOKEN";

  /** The model that was asked for. */
  static final String MODEL = "MODEL";

  /** Where the sandbox sees the agent's directory. */
  static final String DIRECTORY = "DIRECTORY";

  static final List<String> ALL = List.of(MODEL_URL, MODEL_TOKEN, MODEL, DIRECTORY);

  private static final Pattern PLACE = Pattern.compile("\\$\\{([^}]*)}");

  private Placeholders() {}

  /** The names in a text. */
  static Stream<String> in(String text) {
    return PLACE.matcher(text).results().map(place -> place.group(1));
  }

  /** The text with values for names; each name must have one. */
  static String fill(String text, Map<String, String> values) {
    return PLACE.matcher(text).replaceAll(place -> Matcher.quoteReplacement(value(place, values)));
  }

  private static String value(MatchResult place, Map<String, String> values) {
    String value = values.get(place.group(1));
    if (value == null) {
      throw new IllegalArgumentException("no value for " + place.group());
    }
    return value;
  }
}
