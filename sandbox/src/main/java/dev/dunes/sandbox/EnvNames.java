package dev.dunes.sandbox;

import java.util.Map;
import java.util.regex.Pattern;

/** The rule for names of environment variables. */
final class EnvNames {
  private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");

  private EnvNames() {}

  static void check(String field, Map<String, String> env) {
    env.forEach((name, value) -> {
      if (!NAME.matcher(name).matches()) {
        throw InvalidRequestException.field(
            field, name, "names of letters, digits and _, not starting with a digit");
      }
      if (value.indexOf('\0') >= 0) {
        throw InvalidRequestException.field(
            field + "." + name, "a value with NUL", "a value without NUL characters");
      }
    });
  }
}
