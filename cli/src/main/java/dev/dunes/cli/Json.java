package dev.dunes.cli;

import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Writes JSON. A library would do it too, but loading one takes longer than most commands: what is
 * written here is small and made of maps, lists, text, numbers and booleans only.
 */
final class Json {
  private final StringBuilder text = new StringBuilder();
  private final int indent;

  private Json(int indent) {
    this.indent = indent;
  }

  /** A document indented by 2, with a line end. */
  static String document(@Nullable Object value) {
    Json json = new Json(2);
    json.append(value, 0);
    return json.text.append('\n').toString();
  }

  /** On one line. */
  static String line(@Nullable Object value) {
    Json json = new Json(0);
    json.append(value, 0);
    return json.text.toString();
  }

  private void append(@Nullable Object value, int depth) {
    switch (value) {
      case null -> text.append("null");
      case Optional<?> optional -> append(optional.orElse(null), depth);
      case Map<?, ?> map -> object(map, depth);
      case List<?> list -> array(list, depth);
      case Number number -> text.append(number);
      case Boolean bool -> text.append(bool);
      default -> string(value.toString());
    }
  }

  private void object(Map<?, ?> map, int depth) {
    if (map.isEmpty()) {
      text.append("{}");
      return;
    }
    text.append('{');
    for (Iterator<? extends Map.Entry<?, ?>> all = map.entrySet().iterator(); all.hasNext(); ) {
      Map.Entry<?, ?> entry = all.next();
      lineBreak(depth + 1);
      string(String.valueOf(entry.getKey()));
      text.append(": ");
      append(entry.getValue(), depth + 1);
      separate(all.hasNext());
    }
    lineBreak(depth);
    text.append('}');
  }

  private void array(List<?> list, int depth) {
    if (list.isEmpty()) {
      text.append("[]");
      return;
    }
    text.append('[');
    for (Iterator<?> all = list.iterator(); all.hasNext(); ) {
      lineBreak(depth + 1);
      append(all.next(), depth + 1);
      separate(all.hasNext());
    }
    lineBreak(depth);
    text.append(']');
  }

  private void separate(boolean more) {
    if (more) {
      text.append(indent == 0 ? ", " : ",");
    }
  }

  private void lineBreak(int depth) {
    if (indent > 0) {
      text.append('\n').repeat(" ", indent * depth);
    }
  }

  private void string(String value) {
    text.append('"');
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      switch (c) {
        case '"' -> text.append("\\\"");
        case '\\' -> text.append("\\\\");
        case '\n' -> text.append("\\n");
        case '\r' -> text.append("\\r");
        case '\t' -> text.append("\\t");
        default -> {
          // DEL, C1 and lone surrogates need no escape in JSON, but terminals and UTF-8 do.
          if (c < 0x20 || (c >= 0x7F && c <= 0x9F) || isLoneSurrogate(value, i)) {
            text.append("\\u%04x".formatted((int) c));
          } else {
            text.append(c);
          }
        }
      }
    }
    text.append('"');
  }

  private static boolean isLoneSurrogate(String value, int i) {
    char c = value.charAt(i);
    if (Character.isHighSurrogate(c)) {
      return i + 1 == value.length() || !Character.isLowSurrogate(value.charAt(i + 1));
    }
    return Character.isLowSurrogate(c)
        && (i == 0 || !Character.isHighSurrogate(value.charAt(i - 1)));
  }
}
