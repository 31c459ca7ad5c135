package dev.dunes.cli.log;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.event.Level;
import tools.jackson.databind.json.JsonMapper;

/**
 * What is logged at once.
 *
 * @param time when, where that is shown
 * @param target the logger's name
 * @param values more about it, by key
 */
record LogLine(
    Optional<Instant> time,
    Level level,
    String target,
    String message,
    Map<String, Object> values,
    @Nullable Throwable why) {

  /**
   * A line in logfmt: {@code ts=… level=… target=… message=…}. What would end a value or a line
   * early is escaped, so that nobody can log a line that was never written. A stack trace follows
   * in lines of its own.
   */
  String logfmt() {
    StringBuilder line = new StringBuilder(96 + message.length());
    all()
        .forEach((key, value) -> {
          line.append(line.isEmpty() ? "" : " ").append(key).append('=');
          value(value.toString(), line);
        });
    line.append('\n');
    if (why != null) {
      line.append(trace(why));
    }
    return line.toString();
  }

  /** A line that is a JSON object with the same keys; a stack trace is its {@code error}. */
  String json() {
    Map<String, Object> all = all();
    if (why != null) {
      all.put("error", trace(why));
    }
    return JsonMapper.shared().writeValueAsString(all) + "\n";
  }

  private Map<String, Object> all() {
    Map<String, Object> all = new LinkedHashMap<>();
    time.ifPresent(at -> all.put("ts", millis(at)));
    all.put("level", level.name().toLowerCase(Locale.ROOT));
    all.put("target", target);
    all.put("message", message);
    all.putAll(values);
    return all;
  }

  private static String trace(Throwable why) {
    StringWriter trace = new StringWriter();
    why.printStackTrace(new PrintWriter(trace));
    return trace.toString();
  }

  /** With three digits of a second, also where they are zero. */
  private static String millis(Instant at) {
    String seconds = at.truncatedTo(ChronoUnit.SECONDS).toString();
    String fraction = Integer.toString(1000 + at.getNano() / 1_000_000);
    return seconds.substring(0, seconds.length() - 1) + "." + fraction.substring(1) + "Z";
  }

  private static void value(String value, StringBuilder line) {
    if (!value.isEmpty() && value.chars().allMatch(LogLine::plain)) {
      line.append(value);
      return;
    }
    line.append('"');
    for (int i = 0; i < value.length(); i++) {
      escape(value.charAt(i), line);
    }
    line.append('"');
  }

  private static boolean plain(int c) {
    return c > ' '
        && c != '='
        && c != '"'
        && c != '\\'
        && !endsLine(c)
        && !Character.isISOControl(c);
  }

  /** Line and paragraph separators do, too, for some readers. */
  private static boolean endsLine(int c) {
    return c == 0x2028 || c == 0x2029;
  }

  private static void escape(char c, StringBuilder line) {
    switch (c) {
      case '"', '\\' -> line.append('\\').append(c);
      case '\n' -> line.append("\\n");
      case '\r' -> line.append("\\r");
      case '\t' -> line.append("\\t");
      default -> {
        if (Character.isISOControl(c) || endsLine(c)) {
          line.append("\\u").append(HexFormat.of().toHexDigits(c));
        } else {
          line.append(c);
        }
      }
    }
  }
}
