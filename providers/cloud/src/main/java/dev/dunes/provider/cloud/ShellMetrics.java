package dev.dunes.provider.cloud;

import dev.dunes.sandbox.SandboxMetrics;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** Reads what {@link Scripts#METRICS} says. */
final class ShellMetrics {
  /** The shell that looks, and what it starts to look. */
  private static final int OURS = 2;

  /** Of anything; a kernel counts no further, and a sandbox may say what it likes. */
  private static final long MOST = 1L << 50;

  private ShellMetrics() {}

  static SandboxMetrics of(ScriptResult result, Optional<Instant> since) {
    Map<String, Long> numbers = new HashMap<>();
    for (String line : result.text().split("\n", 20)) {
      String[] words = line.strip().split(" ", 3);
      if (words.length == 2) {
        number(words[1]).ifPresent(value -> numbers.put(words[0], value));
      }
    }
    long hertz = Math.max(1, numbers.getOrDefault("hertz", 100L));
    Long limit = numbers.get("limit");
    return new SandboxMetrics(
        Duration.ofMillis(numbers.getOrDefault("ticks", 0L) * 1000 / hertz),
        numbers.getOrDefault("resident", 0L) * 1024,
        limit == null ? OptionalLong.empty() : OptionalLong.of(limit),
        Math.clamp(numbers.getOrDefault("processes", 0L) - OURS, 0, Integer.MAX_VALUE),
        numbers.getOrDefault("disk", 0L) * 1024,
        OptionalLong.empty(),
        since.map(then -> Duration.between(then, Instant.now())).orElse(Duration.ZERO));
  }

  private static OptionalLong number(String text) {
    try {
      return OptionalLong.of(Math.clamp((long) Double.parseDouble(text), 0, MOST));
    } catch (NumberFormatException e) {
      return OptionalLong.empty(); // such as "max": there is none
    }
  }
}
