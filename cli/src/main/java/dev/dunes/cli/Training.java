package dev.dunes.cli;

import java.util.List;

/**
 * Runs the usual commands once in one process. The launcher does this when it makes the AOT cache,
 * so that the cache holds the classes they load.
 */
final class Training {
  private static final List<List<String>> COMMANDS =
      List.of(
          List.of("--version"),
          List.of("--help"),
          List.of("run", "--help"),
          List.of("run", "true"),
          List.of("run", "-e", "A=b", "-t", "9", "echo out; echo err >&2; exit 3"),
          List.of("run", "--lang", "sh"),
          List.of("run", "--no-such-option"),
          List.of("list"),
          List.of("list", "--json"),
          List.of("exec", "no-such-sandbox", "true"),
          List.of("destroy", "no-such-sandbox"),
          List.of("providers"));

  private Training() {}

  public static void main(String[] arguments) {
    for (List<String> command : COMMANDS) {
      Main.run(command.toArray(String[]::new));
    }
    // The JVM writes the cache on its way out, so it must leave the usual way.
    System.exit(0);
  }
}
