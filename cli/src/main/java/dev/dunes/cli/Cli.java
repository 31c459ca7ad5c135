package dev.dunes.cli;

import dev.dunes.server.DunesServer;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Finds the verb that is asked for and does it. */
final class Cli {
  /** The name under which there are no agents, only sandboxes. */
  private static final String SANDBOXES = "sandboxes";

  /** The name under which a word that is no verb is a mistake and not a prompt. */
  private static final String AGENT_API = "sandbox-agent";

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
      console.print(Main.version(program));
      return ExitCodes.OK;
    }
    if (first.equals("--help") || first.equals("-h")) {
      console.print(Help.of(console));
      return ExitCodes.OK;
    }
    if (first.equals("help")) {
      return help(arguments);
    }
    String[] ordered = LeadingToken.after(arguments);
    if (ordered != arguments) {
      return dispatch(ordered);
    }
    Optional<Verbs> verb = Verbs.named(first);
    return verb.isPresent()
        ? run(verb.get(), Arrays.copyOfRange(arguments, 1, arguments.length))
        : withoutVerb(first, arguments);
  }

  private int run(Verbs verb, String... arguments) {
    if (verb == Verbs.QUERY) {
      expectGateway(List.of(arguments));
    } else if ((verb == Verbs.SERVE || verb == Verbs.SERVER) && !asksForHelp(List.of(arguments))) {
      Logging.prepareServer(console);
      DunesServer.expect();
    }
    return new VerbLine(verb).run(console, arguments);
  }

  /**
   * A prompt for this machine needs a gateway. It opens beside the reading of the options, which
   * takes as long: so a look at the words has to do. A wrong guess costs only the work.
   */
  private void expectGateway(List<String> words) {
    boolean elsewhere = words.stream().anyMatch(word -> word.startsWith("--server"));
    if (!elsewhere && !asksForHelp(words)) {
      Logging.prepare(words.stream().anyMatch(Cli::asksForMore), console.debug());
      console.gateways().expect();
    }
  }

  private static boolean asksForHelp(List<String> words) {
    return words.contains("--help") || words.contains("-h");
  }

  /** Whether a word is {@code --verbose} or has {@code -v} among its short options. */
  private static boolean asksForMore(String word) {
    return word.equals("--verbose")
        || word.startsWith("-") && !word.startsWith("--") && word.indexOf('v') > 0;
  }

  /** What is no command is a prompt, unless it looks like a command with a slip of the finger. */
  private int withoutVerb(String first, String[] arguments) {
    if (console.program().equals(SANDBOXES) || console.program().equals(AGENT_API)) {
      throw unknown(first);
    }
    if (!first.startsWith("-") && first.chars().noneMatch(Character::isWhitespace)) {
      NearWords.verb(first)
          .ifPresent(near -> {
            throw Failure.usage(
                "Unknown command: %s. Did you mean '%s'?".formatted(first, near),
                "as a prompt: %s query %s".formatted(console.program(), first));
          });
    }
    return run(Verbs.QUERY, arguments);
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
    return run(Verbs.named(arguments[1]).orElseThrow(() -> unknown(arguments[1])), "--help");
  }

  private Failure unknown(String word) {
    String what = word.startsWith("-") ? "option" : "command";
    return Failure.usage(
        "Unknown %s: %s".formatted(what, word),
        "`%s --help` shows what there is".formatted(console.program()));
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
