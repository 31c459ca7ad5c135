package dev.dunes.cli;

import java.util.List;
import java.util.Locale;

/**
 * What libraries log: nothing, or to standard error for those who asked for it. Never to standard
 * output.
 */
final class Logging {
  private static final String PREFIX = "org.slf4j.simpleLogger.";
  private static final List<String> LEVELS =
      List.of("off", "error", "warn", "info", "debug", "trace");

  private Logging() {}

  /**
   * How much a server logs: what {@code RUST_LOG} says, which those set who start `sandbox-agent`;
   * of its directives the one for the program or, before that, for everything.
   */
  static String level(Console console) {
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
  static void prepareServer(String level) {
    set(PREFIX + "showDateTime", "true");
    set(PREFIX + "dateTimeFormat", "yyyy-MM-dd'T'HH:mm:ss.SSSXXX");
    set(PREFIX + "log.dev.dunes", level);
    prepare(true, level.equals("debug") || level.equals("trace"));
  }

  /** To be called before the first logger is made. */
  static void prepare(boolean verbose, boolean debug) {
    // Saves the search for a logger among all jars.
    set("slf4j.provider", "org.slf4j.simple.SimpleServiceProvider");
    set("slf4j.internal.verbosity", "ERROR");
    set(PREFIX + "defaultLogLevel", debug ? "debug" : verbose ? "warn" : "off");
    set(PREFIX + "showThreadName", "false");
    set(PREFIX + "showShortLogName", "true");
  }

  private static void set(String name, String value) {
    if (System.getProperty(name) == null) {
      System.setProperty(name, value);
    }
  }
}
