package dev.dunes.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * How busy the machine is with other things. Numbers from a busy machine say nothing about Dunes.
 */
final class Quiet {
  /** Share of all processors above which nothing should be published. */
  static final double TOLERABLE = 0.10;

  /** Load average for each processor that says the same of the last minute. */
  private static final double LOADED = 0.5;

  private static final int LOOK_MILLIS = 1000;

  private Quiet() {}

  /**
   * What everything but this program uses of the processors during a second in which this program
   * rests; 0 to 1.
   */
  static double othersShare() throws IOException, InterruptedException {
    long[] before = times();
    Thread.sleep(LOOK_MILLIS);
    long[] after = times();
    long all = after[0] - before[0];
    return all == 0 ? 0 : 1 - (double) (after[1] - before[1]) / all;
  }

  /**
   * All ticks and idle ones, proc(5) {@code /proc/stat}: user nice system idle iowait irq softirq
   * steal.
   */
  private static long[] times() throws IOException {
    String[] fields = Files.readAllLines(Path.of("/proc/stat")).getFirst().split("\\s+");
    long all = 0;
    for (int i = 1; i <= 8; i++) {
      all += Long.parseLong(fields[i]);
    }
    return new long[] {all, Long.parseLong(fields[4]) + Long.parseLong(fields[5])};
  }

  /**
   * Whether the last minute was busy: a second's look can meet a pause between two pieces of work.
   */
  static boolean loaded() throws IOException {
    double load = Double.parseDouble(loadAverage().split(" ")[0]);
    return load > LOADED * Runtime.getRuntime().availableProcessors();
  }

  static String loadAverage() throws IOException {
    String[] fields = Files.readString(Path.of("/proc/loadavg")).split(" ");
    return String.join(" ", fields[0], fields[1], fields[2]);
  }
}
