package dev.dunes.session;

import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Fills in the prompt of a webhook: {@code {{body.a.b}}} and {@code {{headers.x}}}. What comes from
 * outside is marked as such, so that it is harder to take for an instruction. Query API 2.11.
 */
final class TriggerTemplate {
  private static final Pattern REFERENCE =
      Pattern.compile("\\{\\{\\s*((?:body|headers)(?:\\.[^{}\\s]+)?)\\s*\\}\\}");
  private static final Set<String> HIDDEN =
      Set.of(
          "authorization",
          "proxy-authorization",
          "cookie",
          "set-cookie",
          "x-api-key",
          "x-sandstorm-trigger-secret",
          "x-hub-signature",
          "x-hub-signature-256");

  private TriggerTemplate() {}

  /**
   * The prompt.
   *
   * @param headers by lower-case name
   */
  static String fill(String template, JsonNode body, Map<String, String> headers) {
    return REFERENCE
        .matcher(template)
        .replaceAll(reference -> {
          String path = reference.group(1);
          return value(path, body, headers)
              .map(value ->
                  Matcher.quoteReplacement(
                      "<trigger_value path=\"%s\">%s</trigger_value>"
                          .formatted(escape(path).replace("\"", "&quot;"), escape(value))))
              .orElse("");
        });
  }

  private static Optional<String> value(String path, JsonNode body, Map<String, String> headers) {
    int dot = path.indexOf('.');
    String root = dot < 0 ? path : path.substring(0, dot);
    String rest = dot < 0 ? "" : path.substring(dot + 1);
    if (root.equals("headers")) {
      String name = rest.toLowerCase(java.util.Locale.ROOT);
      return HIDDEN.contains(name) ? Optional.empty() : Optional.ofNullable(headers.get(name));
    }
    JsonNode object = body.isObject() ? body : Json.object().set("raw", body);
    return text(rest.isEmpty() ? object : find(object, rest.split("\\.")));
  }

  private static @Nullable JsonNode find(JsonNode from, String[] names) {
    JsonNode node = from;
    for (String name : names) {
      node =
          node.isArray() && name.matches("\\d{1,6}")
              ? node.get(Integer.parseInt(name))
              : node.get(name);
      if (node == null) {
        return null;
      }
    }
    return node;
  }

  private static Optional<String> text(@Nullable JsonNode node) {
    if (node == null || node.isNull() || node.isMissingNode()) {
      return Optional.empty();
    }
    return Optional.of(node.isString() ? node.asString() : Json.sorted(node));
  }

  private static String escape(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }
}
