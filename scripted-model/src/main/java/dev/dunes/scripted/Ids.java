package dev.dunes.scripted;

import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/** Makes the ids of one reply: random ones, or with a seed the same ones for equal requests. */
final class Ids {
  private final RandomGenerator random;

  private Ids(RandomGenerator random) {
    this.random = random;
  }

  static Ids of(Optional<Long> seed, Object... request) {
    return new Ids(
        seed.map(value -> new SplittableRandom(value * 31 + Objects.hash(request)))
            .orElseGet(SplittableRandom::new));
  }

  /** The prefix and 20 hexadecimal digits. */
  String next(String prefix) {
    return prefix
        + String.format(Locale.ROOT, "%016x%04x", random.nextLong(), random.nextInt(1 << 16));
  }
}
