package dev.dunes.cli.log;

import java.util.Locale;

/**
 * What is logged, and how: system properties, read once for each logger. Nothing is logged unless
 * they say so.
 */
public final class LogLevels {
  /** For loggers of ours: {@code off} or one of SLF4J's levels. */
  public static final String OURS = "dunes.log";

  /** For all others. */
  public static final String OTHERS = "dunes.log.others";

  /** Whether each line has its time. */
  public static final String TIMES = "dunes.log.times";

  /** Whether each line is a JSON object, instead of logfmt. */
  public static final String JSON = "dunes.log.json";

  private static final String OUR_NAMES = "dev.dunes";

  private LogLevels() {}

  /** The least severe level that is logged, as SLF4J counts them; above all of them for none. */
  static int of(String logger) {
    boolean ours = logger.equals(OUR_NAMES) || logger.startsWith(OUR_NAMES + ".");
    return number(System.getProperty(ours ? OURS : OTHERS, "off"));
  }

  private static int number(String level) {
    return switch (level.toLowerCase(Locale.ROOT)) {
      case "trace" -> 0;
      case "debug" -> 10;
      case "info" -> 20;
      case "warn" -> 30;
      case "error" -> 40;
      default -> Integer.MAX_VALUE;
    };
  }
}
