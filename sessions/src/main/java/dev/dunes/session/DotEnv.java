package dev.dunes.session;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads {@code .env} files as python-dotenv does: {@code export}, comments, single quotes (nothing
 * is special), double quotes (escapes; may span lines), {@code ${NAME}} and {@code
 * ${NAME:-default}} outside of single quotes.
 */
final class DotEnv {
  private static final Pattern ENTRY =
      Pattern.compile(
          "(?m)^[ \\t]*(?:export[ \\t]+)?([A-Za-z_][A-Za-z0-9_.-]*)[ \\t]*=[ \\t]*"
              + "(?:'((?:\\\\'|[^'])*)'|\"((?:\\\\.|[^\"\\\\])*)\"|([^\\r\\n]*))[^\\r\\n]*$");
  private static final Pattern COMMENT = Pattern.compile("(?:^|\\s+)#.*$");

  private DotEnv() {}

  /**
   * The variables of a text.
   *
   * @param outer what variables mean that the text itself does not set
   */
  static Map<String, String> parse(String text, Map<String, String> outer) {
    Map<String, String> found = new LinkedHashMap<>();
    Matcher entry = ENTRY.matcher(text);
    while (entry.find()) {
      String name = entry.group(1);
      if (entry.group(2) != null) {
        found.put(name, entry.group(2).replace("\\'", "'"));
        continue;
      }
      String value =
          entry.group(3) != null
              ? unescape(entry.group(3))
              : COMMENT.matcher(entry.group(4)).replaceFirst("").strip();
      found.put(name, expand(value, found, outer));
    }
    return found;
  }

  private static String expand(String value, Map<String, String> inner, Map<String, String> outer) {
    return Variables.expand(
        value,
        name -> {
          String set = outer.containsKey(name) ? outer.get(name) : inner.get(name);
          return java.util.Optional.ofNullable(set);
        },
        name -> "");
  }

  private static String unescape(String text) {
    StringBuilder out = new StringBuilder();
    for (int at = 0; at < text.length(); at++) {
      char c = text.charAt(at);
      if (c != '\\' || at + 1 == text.length()) {
        out.append(c);
        continue;
      }
      char next = text.charAt(++at);
      switch (next) {
        case 'n' -> out.append('\n');
        case 'r' -> out.append('\r');
        case 't' -> out.append('\t');
        case '"', '\\', '\'' -> out.append(next);
        default -> out.append(c).append(next);
      }
    }
    return out.toString();
  }
}
