package dev.dunes.bench;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * What was asked for on the command line.
 *
 * @param quick a smoke run of about 20 s; its numbers mean nothing
 * @param only the scenarios to run; all when empty
 * @param rounds instead of each scenario's own number
 * @param sandboxes how many are held at once to measure their memory
 * @param json where to write everything that was measured
 * @param write whether to update BENCHMARKS.md and README.md
 * @param force write even though the machine is busy
 */
record Options(
    boolean quick,
    Set<String> only,
    OptionalInt rounds,
    int sandboxes,
    Optional<Path> json,
    boolean write,
    boolean force) {
  static final String USAGE =
      """
      usage: bench/run [--quick] [--only NAME,NAME…] [--rounds N] [--sandboxes N] [--json FILE] [--write [--force]]

        --quick        a smoke run of about 20 s; its numbers mean nothing
        --only NAMES   only these: %s
        --rounds N     so many rounds of each, instead of each one's own number
        --sandboxes N  how many to hold at once for memory (500)
        --json FILE    every sample
        --write        update BENCHMARKS.md and the block in README.md; refused on a busy machine
        --force        write all the same, with a warning in it
      """;

  private static final int SANDBOXES = 500;
  private static final int QUICK_SANDBOXES = 10;

  Options {
    only = Set.copyOf(only);
  }

  /**
   * @throws IllegalArgumentException with what is wrong
   */
  static Options parse(List<String> arguments) {
    boolean quick = arguments.contains("--quick");
    Options options =
        new Options(
            quick,
            Set.of(),
            OptionalInt.empty(),
            quick ? QUICK_SANDBOXES : SANDBOXES,
            Optional.empty(),
            false,
            false);
    for (int i = 0; i < arguments.size(); i++) {
      String name = arguments.get(i);
      switch (name) {
        case "--quick" -> {}
        case "--write" -> options = options.withWrite(true, options.force());
        case "--force" -> options = options.withWrite(options.write(), true);
        case "--only", "--rounds", "--sandboxes", "--json" -> {
          if (++i == arguments.size()) {
            throw new IllegalArgumentException(name + " needs a value");
          }
          options = options.with(name, arguments.get(i));
        }
        default -> throw new IllegalArgumentException("no such option: " + name);
      }
    }
    if (options.write() && (quick || !options.only().isEmpty())) {
      throw new IllegalArgumentException("--write needs a full run: without --quick and --only");
    }
    return options;
  }

  private Options with(String name, String value) {
    return switch (name) {
      case "--only" ->
          new Options(quick, Set.of(value.split(",")), rounds, sandboxes, json, write, force);
      case "--rounds" ->
          new Options(
              quick, only, OptionalInt.of(positive(name, value)), sandboxes, json, write, force);
      case "--sandboxes" ->
          new Options(quick, only, rounds, positive(name, value), json, write, force);
      case "--json" ->
          new Options(quick, only, rounds, sandboxes, Optional.of(Path.of(value)), write, force);
      default -> throw new IllegalArgumentException("no such option: " + name);
    };
  }

  private Options withWrite(boolean writing, boolean forced) {
    return new Options(quick, only, rounds, sandboxes, json, writing, forced);
  }

  private static int positive(String name, String value) {
    try {
      int number = Integer.parseInt(value);
      if (number > 0) {
        return number;
      }
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(name + " needs a number, not '" + value + "'", e);
    }
    throw new IllegalArgumentException(name + " needs a number of at least 1");
  }
}
