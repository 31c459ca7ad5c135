package dev.dunes.gateway.cassette;

import java.util.List;
import java.util.regex.Pattern;

/**
 * Takes out of a text what differs from run to run without meaning anything, and what agents put
 * around a user's words.
 */
final class Normaliser {
  private record Rule(Pattern pattern, String replacement) {}

  /** In this order: the longer ones first. */
  private static final List<Rule> RULES =
      List.of(
          rule(
              "(?s)<(system-reminder|environment_context|user_instructions|permissions"
                  + "[a-z _-]*|session_context|collaboration_mode|apps_instructions|skills_instructions|INSTRUCTIONS)>.*?</\\1>",
              " "),
          rule("(?i)\\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\\b", "<uuid>"),
          rule(
              "\\b\\d{4}-\\d{2}-\\d{2}[T ]\\d{2}:\\d{2}(:\\d{2}(\\.\\d+)?)?(Z|[+-]\\d{2}:?\\d{2})?",
              "<time>"),
          rule("\\b[a-z]{2,10}[_-](?=[A-Za-z]*\\d)[A-Za-z0-9]{16,}\\b", "<id>"),
          rule("(?i)\\b(?=[a-f]*\\d)[0-9a-f]{12,}\\b", "<hex>"),
          rule("\\b\\d{10,}\\b", "<number>"),
          rule("\\b\\d+(\\.\\d+)? ?(ns|µs|us|ms|s|sec|secs|seconds)\\b", "<duration>"),
          rule("\\s+", " "));

  private Normaliser() {}

  private static Rule rule(String regex, String replacement) {
    return new Rule(Pattern.compile(regex), replacement);
  }

  static String normalise(String text) {
    String normal = text;
    for (Rule rule : RULES) {
      normal = rule.pattern().matcher(normal).replaceAll(rule.replacement());
    }
    return normal.strip();
  }
}
