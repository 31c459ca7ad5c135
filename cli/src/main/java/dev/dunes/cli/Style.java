package dev.dunes.cli;

import java.util.Map;

/** Colours, for terminals only. */
enum Style {
  PLAIN,
  COLOURED;

  /**
   * Coloured on a terminal, unless NO_COLOR is set (no-color.org) or the terminal is a dumb one.
   */
  static Style of(boolean terminal, Map<String, String> environment) {
    boolean wanted =
        environment.getOrDefault("NO_COLOR", "").isEmpty()
            && !environment.getOrDefault("TERM", "").equals("dumb");
    return terminal && wanted ? COLOURED : PLAIN;
  }

  String bold(String text) {
    return sgr("1", text);
  }

  String dim(String text) {
    return sgr("2", text);
  }

  String green(String text) {
    return sgr("32", text);
  }

  String yellow(String text) {
    return sgr("33", text);
  }

  String red(String text) {
    return sgr("31", text);
  }

  private String sgr(String code, String text) {
    return this == PLAIN ? text : "\033[" + code + "m" + text + "\033[0m";
  }
}
