package dev.dunes.hosting;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * What one account may have. Sandbox API 2.5.
 *
 * @param lifetime the most that may be asked for at a time; at most 24 h
 * @param cpuCores of one sandbox
 * @param memoryMb of one sandbox, MiB
 * @param diskMb of one sandbox, MiB
 * @param concurrent running at the same time; paused ones do not count
 * @param uploadBytes of one upload
 * @param volumes how many there may be
 * @param volumeMb of one volume, MiB; volumes that are there keep what they were made with
 */
public record AccountLimits(
    Duration lifetime,
    double cpuCores,
    int memoryMb,
    int diskMb,
    int concurrent,
    long uploadBytes,
    int volumes,
    int volumeMb) {
  private static final Duration LONGEST = Duration.ofHours(24); // before what is checked by it

  /** What is shipped. */
  public static final AccountLimits DEFAULT =
      new AccountLimits(Duration.ofHours(1), 2, 4096, 10_240, 10, 100L << 20, 20, 1024);

  /** The names by which single limits are changed, see {@link #with}. */
  public static final List<String> NAMES =
      List.of("lifetime", "cpu", "memory", "disk", "concurrent", "upload", "volumes", "volume");

  public AccountLimits {
    requireNonNull(lifetime, "lifetime");
    check("lifetime", lifetime.toSeconds() >= 1 && lifetime.compareTo(LONGEST) <= 0, "1 to 86400");
    check("cpu", cpuCores >= 0.01 && cpuCores <= 1024, "0.01 to 1024 cores");
    check("memory", memoryMb >= 16, "16 or more MiB");
    check("disk", diskMb >= 16, "16 or more MiB");
    check("concurrent", concurrent >= 0, "0 or more");
    check("volumes", volumes >= 0, "0 or more");
    check("volume", volumeMb >= 16, "16 or more MiB");
    check("upload", uploadBytes >= 0, "0 or more bytes");
  }

  private static void check(String name, boolean holds, String accepted) {
    if (!holds) {
      throw new IllegalArgumentException("limit '%s' must be %s".formatted(name, accepted));
    }
  }

  /**
   * The same with some limits changed.
   *
   * @param changes by the names in {@link #NAMES}: {@code lifetime} in seconds, {@code cpu} in
   *     cores, {@code memory}, {@code disk} and {@code volume} in MiB, {@code upload} in bytes
   * @throws IllegalArgumentException for a name or a value that cannot be
   */
  public AccountLimits with(Map<String, String> changes) {
    for (String name : changes.keySet()) {
      if (!NAMES.contains(name)) {
        throw new IllegalArgumentException(
            "unknown limit '%s'; there are %s".formatted(name, String.join(", ", NAMES)));
      }
    }
    return new AccountLimits(
        Duration.ofSeconds(whole(changes, "lifetime", lifetime.toSeconds())),
        number(changes, "cpu", cpuCores),
        small(changes, "memory", memoryMb),
        small(changes, "disk", diskMb),
        small(changes, "concurrent", concurrent),
        whole(changes, "upload", uploadBytes),
        small(changes, "volumes", volumes),
        small(changes, "volume", volumeMb));
  }

  private static int small(Map<String, String> changes, String name, int now) {
    long value = whole(changes, name, now);
    check(name, value <= Integer.MAX_VALUE, "at most " + Integer.MAX_VALUE);
    return (int) value;
  }

  private static long whole(Map<String, String> changes, String name, long now) {
    String text = changes.get(name);
    try {
      return text == null ? now : Long.parseLong(text.strip());
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "limit '%s' must be a whole number, not '%s'".formatted(name, text), e);
    }
  }

  private static double number(Map<String, String> changes, String name, double now) {
    String text = changes.get(name);
    try {
      return text == null ? now : Double.parseDouble(text.strip());
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "limit '%s' must be a number, not '%s'".formatted(name, text), e);
    }
  }
}
