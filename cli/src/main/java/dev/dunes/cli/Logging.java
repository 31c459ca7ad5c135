package dev.dunes.cli;

import dev.dunes.cli.log.LogLevels;
import dev.dunes.cli.log.LogfmtProvider;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * What libraries log: nothing, or to standard error for those who asked for it. Never to standard
 * output.
 */
final class Logging {
  private static final List<String> LEVELS =
      List.of("off", "error", "warn", "info", "debug", "trace");

  private Logging() {}

  /**
   * How much a server logs: what {@code RUST_LOG} says, which those set who start `sandbox-agent`;
   * of its directives the one for the program or, before that, for everything.
   */
  private static String level(Console console) {
    String level = console.debug() ? "debug" : "info";
    for (String directive : console.env("RUST_LOG").orElse("").split(",")) {
      String[] parts = directive.strip().toLowerCase(Locale.ROOT).split("=", 2);
      String wanted = parts[parts.length - 1];
      if ((parts.length == 1 || parts[0].equals("sandbox_agent")) && LEVELS.contains(wanted)) {
        level = wanted;
      }
    }
    return level;
  }

  /** What a server logs, with the time. To be called before the first logger is made. */
  static void prepareServer(Console console) {
    String level = level(console);
    set(
        LogLevels.JSON,
        Boolean.toString(console.env("DUNES_LOG_FORMAT").equals(Optional.of("json"))));
    set(LogLevels.TIMES, "true");
    set(LogLevels.OURS, level);
    prepare(true, level.equals("debug") || level.equals("trace"));
  }

  /** To be called before the first logger is made. */
  static void prepare(boolean verbose, boolean debug) {
    // Saves the search for a logger among all jars.
    set("slf4j.provider", LogfmtProvider.class.getName());
    set("slf4j.internal.verbosity", "ERROR");
    String level = debug ? "debug" : verbose ? "warn" : "off";
    set(LogLevels.OURS, level);
    set(LogLevels.OTHERS, level);
  }

  private static void set(String name, String value) {
    if (System.getProperty(name) == null) {
      System.setProperty(name, value);
    }
  }
}
