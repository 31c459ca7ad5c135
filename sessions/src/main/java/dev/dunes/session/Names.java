package dev.dunes.session;

import java.util.Collection;
import java.util.regex.Pattern;

/** Names of subagents and skills: they become names of files and arguments. */
public final class Names {
  private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9_-]+");

  private Names() {}

  /** Whether a subagent or skill may be called so. */
  public static boolean valid(String name) {
    return NAME.matcher(name).matches();
  }

  /** What is said about a name that is not valid. */
  public static String refusal(String kind, String name) {
    return "Invalid %s name '%s': must match [a-zA-Z0-9_-]+".formatted(kind, name);
  }

  static void checkAll(String kind, String field, Collection<String> names) {
    for (String name : names) {
      if (!valid(name)) {
        throw RunRefusedException.invalidField(field, refusal(kind, name));
      }
    }
  }
}
