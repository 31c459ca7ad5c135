package dev.dunes.bench;

import java.util.Locale;

/** What a number counts, and how it is written. */
enum Unit {
  MILLISECONDS("ms"),
  PER_SECOND("runs/s"),
  REQUESTS_PER_SECOND("requests/s"),
  EVENTS_PER_SECOND("events/s"),
  KILOBYTES("kB"),
  MEGABYTES("MB"),
  MEGABYTES_PER_SECOND("MB/s"),
  COUNT("");

  private final String symbol;

  Unit(String symbol) {
    this.symbol = symbol;
  }

  String symbol() {
    return symbol;
  }

  /** Whether the long end is the good one. */
  boolean moreIsBetter() {
    return switch (this) {
      case PER_SECOND, REQUESTS_PER_SECOND, EVENTS_PER_SECOND, MEGABYTES_PER_SECOND -> true;
      case MILLISECONDS, KILOBYTES, MEGABYTES, COUNT -> false;
    };
  }

  /** Three significant digits, no more than two decimals. */
  String number(double value) {
    double size = Math.abs(value);
    int decimals = size >= 100 || this == COUNT ? 0 : size >= 10 ? 1 : 2;
    return String.format(Locale.ROOT, "%." + decimals + "f", value);
  }

  String format(double value) {
    return (number(value) + " " + symbol).strip();
  }
}
