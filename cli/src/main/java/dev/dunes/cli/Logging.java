package dev.dunes.cli;

/**
 * What libraries log: nothing, or to standard error for those who asked for it. Never to standard
 * output.
 */
final class Logging {
  private static final String PREFIX = "org.slf4j.simpleLogger.";

  private Logging() {}

  /** What a server logs, with the time. To be called before the first logger is made. */
  static void prepareServer(boolean debug) {
    set(PREFIX + "showDateTime", "true");
    set(PREFIX + "dateTimeFormat", "yyyy-MM-dd'T'HH:mm:ss.SSSXXX");
    set(PREFIX + "log.dev.dunes", debug ? "debug" : "info");
    prepare(true, debug);
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
