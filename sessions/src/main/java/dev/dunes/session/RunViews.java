package dev.dunes.session;

import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Runs as lists show them. */
final class RunViews {
  private static final int LONGEST_PROMPT = 10_000;

  private RunViews() {}

  static JsonNode summary(RunRecord run, Optional<RunBody> body) {
    ObjectNode row = RunFormat.write(run, Optional.empty());
    body.ifPresent(b -> row.put("raw_prompt", cut(b.rawPrompt(), LONGEST_PROMPT)));
    return row;
  }

  /** At most so many characters, no pair of surrogates cut in two. */
  static String cut(String text, int most) {
    if (text.codePointCount(0, text.length()) <= most) {
      return text;
    }
    return text.substring(0, text.offsetByCodePoints(0, most));
  }
}
