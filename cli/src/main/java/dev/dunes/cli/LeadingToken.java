package dev.dunes.cli;

import java.util.Arrays;
import java.util.List;

/**
 * The token of the agent API may stand before the verb: {@code ds -t TOKEN api sessions list}.
 * Agent API, sheet 2.11.
 */
final class LeadingToken {
  private static final List<String> VERBS =
      List.of("server", "api", "attach", "sessions", "credentials", "install-agent", "agents");

  private LeadingToken() {}

  /** The same with the verb first; the very same when there is none behind a token. */
  static String[] after(String... arguments) {
    int verb = 0;
    while (verb < arguments.length && isToken(arguments[verb])) {
      verb += takesNext(arguments[verb]) ? 2 : 1;
    }
    if (verb == 0 || verb >= arguments.length || !VERBS.contains(arguments[verb])) {
      return arguments;
    }
    String[] ordered = Arrays.copyOf(arguments, arguments.length);
    ordered[0] = arguments[verb];
    System.arraycopy(arguments, 0, ordered, 1, verb);
    return ordered;
  }

  private static boolean isToken(String argument) {
    return takesNext(argument)
        || argument.startsWith("--token=")
        || argument.equals("-n")
        || argument.equals("--no-token")
        || argument.startsWith("-t") && !argument.startsWith("--");
  }

  private static boolean takesNext(String argument) {
    return argument.equals("-t") || argument.equals("--token");
  }
}
