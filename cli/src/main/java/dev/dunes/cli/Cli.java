package dev.dunes.cli;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Finds the verb that is asked for and does it. */
final class Cli {
  private static final List<String> LATER = List.of("sandbox-agent", "duvo-sandstorm");

  private final Console console;

  Cli(Console console) {
    this.console = console;
  }

  /** Runs one command and returns its exit code. Never throws. */
  int run(String... arguments) {
    try {
      return dispatch(arguments);
    } catch (RuntimeException | Error e) {
      return new Errors(console).report(e);
    } finally {
      close();
    }
  }

  private int dispatch(String[] arguments) {
    String program = console.program();
    String first = arguments.length == 0 ? "--help" : arguments[0];
    if (first.equals("--version")) {
      console.print(program + ", version " + Main.VERSION + "\n");
      return ExitCodes.OK;
    }
    if (LATER.contains(program)) {
      throw Failure.usage(
          "'%s' is not part of this version of Dunes".formatted(program),
          "`ds` has the commands of this version: ds --help");
    }
    if (first.equals("--help") || first.equals("-h")) {
      console.print(Help.of(console));
      return ExitCodes.OK;
    }
    if (first.equals("help")) {
      return help(arguments);
    }
    return verb(first).run(console, Arrays.copyOfRange(arguments, 1, arguments.length));
  }

  private int help(String[] arguments) {
    if (arguments.length < 2) {
      console.print(Help.of(console));
      return ExitCodes.OK;
    }
    if (arguments[1].equals("exit-codes")) {
      console.print(ExitCodes.HELP);
      return ExitCodes.OK;
    }
    return verb(arguments[1]).run(console, "--help");
  }

  private VerbLine verb(String word) {
    Optional<Verbs> verb = Verbs.named(word);
    if (verb.isEmpty()) {
      String what = word.startsWith("-") ? "option" : "command";
      throw Failure.usage(
          "Unknown %s: %s".formatted(what, word),
          "`%s --help` shows what there is".formatted(console.program()));
    }
    return new VerbLine(verb.get());
  }

  private void close() {
    Thread.interrupted(); // what is closed now shall be closed, whoever is in a hurry
    try {
      console.close();
    } catch (RuntimeException e) {
      console.explain("closing failed: " + e.getMessage());
    }
  }
}
