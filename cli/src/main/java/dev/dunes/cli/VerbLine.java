package dev.dunes.cli;

import java.util.List;
import java.util.Set;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/** One verb with its options: the place where the option parser is used. */
final class VerbLine {
  private static final OptionSpec.Builder VERBOSE =
      OptionSpec.builder("-v", "--verbose")
          .description("Say what is done and how long it takes, on standard error.");
  private static final OptionSpec.Builder VERBOSE_IN_FULL =
      OptionSpec.builder("--verbose")
          .description("Say what is done and how long it takes, on standard error.");
  private static final OptionSpec.Builder HELP =
      OptionSpec.builder("-h", "--help").usageHelp(true).description("Show this help.");

  private final Verbs verbs;

  VerbLine(Verbs verbs) {
    this.verbs = verbs;
  }

  /** Reads the options and does it. */
  int run(Console console, String... arguments) {
    Verb verb = verbs.make(console);
    if (arguments.length == 1 && !arguments[0].startsWith("-") && verb.takesAlone(arguments[0])) {
      console.verbose(false);
      Logging.prepare(false, console.debug());
      return verb.run();
    }
    CommandLine line = of(console.program() + " " + verbs.word(), verb);
    CommandLine.ParseResult result = parse(console, line, arguments);
    boolean verbose = result.hasMatchedOption("--verbose");
    while (result.hasSubcommand()) {
      result = result.subcommand();
      verbose |= result.hasMatchedOption("--verbose");
    }
    CommandLine asked = result.commandSpec().commandLine();
    if (result.isUsageHelpRequested()) {
      console.print(asked.getUsageMessage(ansi(console)));
      return ExitCodes.OK;
    }
    console.verbose(verbose);
    // What a server logs does not depend on its options, and is settled already.
    if (verbs != Verbs.SERVE && verbs != Verbs.SERVER) {
      Logging.prepare(verbose, console.debug());
    }
    Verb chosen = asked.getCommand();
    return chosen.run();
  }

  static CommandLine of(String name, Verb verb) {
    CommandLine line = new CommandLine(verb);
    verb.parts().forEach((word, part) -> line.addSubcommand(word, of(word, part)));
    CommandLine.Model.CommandSpec spec = line.getCommandSpec();
    boolean taken = spec.optionsMap().containsKey("-v");
    spec.addOption(taken ? VERBOSE_IN_FULL.build() : VERBOSE.build()).addOption(HELP.build());
    spec.usageMessage().descriptionHeading("%n");
    return line.setCommandName(name)
        .setExpandAtFiles(false) // `@` in a command or a path is an ordinary character
        .setUsageHelpAutoWidth(false)
        .setUsageHelpWidth(100);
  }

  private CommandLine.ParseResult parse(Console console, CommandLine line, String... arguments) {
    try {
      return line.parseArgs(arguments);
    } catch (CommandLine.UnmatchedArgumentException e) {
      throw unmatched(console, e);
    } catch (CommandLine.ParameterException e) {
      throw Failure.usage(firstLine(e), help(e));
    }
  }

  private Failure unmatched(Console console, CommandLine.UnmatchedArgumentException e) {
    List<String> unmatched = e.getUnmatched();
    String first = unmatched.isEmpty() ? "" : unmatched.getFirst();
    boolean takesCommand = verbs == Verbs.RUN || verbs == Verbs.EXEC;
    if (takesCommand && !first.startsWith("-")) {
      return Failure.usage(
          "unexpected argument '%s': the command is one argument".formatted(first),
          "quote it: %s %s%s 'echo hello'"
              .formatted(console.program(), verbs.word(), verbs == Verbs.EXEC ? " ID" : ""));
    }
    if (verbs == Verbs.QUERY && !first.startsWith("-")) {
      return Failure.usage(
          "unexpected argument '%s': the prompt is one argument".formatted(first),
          "quote it: %s \"what the agent shall do\"".formatted(console.program()));
    }
    boolean ofThisDirectory = verbs == Verbs.KEYS || verbs == Verbs.SECRETS;
    if (ofThisDirectory && unmatched.stream().anyMatch(VerbLine::namesServer)) {
      return Failure.usage(
          "`%s %s` asks no server: it changes the files of the one that runs in this directory, so there is no %s"
              .formatted(console.program(), verbs.word(), first),
          "change into the directory the server was started in, and leave %s out".formatted(first));
    }
    Set<String> parts = e.getCommandLine().getSubcommands().keySet();
    if (!parts.isEmpty() && !first.startsWith("-")) {
      return Failure.usage(
          "`%s` has no '%s'; there are: %s".formatted(name(e), first, String.join(", ", parts)),
          help(e));
    }
    return Failure.usage(firstLine(e), help(e));
  }

  private static boolean namesServer(String argument) {
    return argument.matches("(-e|-t|-n|--endpoint|--server|--token|--no-token|--api-key)(=.*)?");
  }

  private static String name(CommandLine.ParameterException e) {
    return e.getCommandLine().getCommandSpec().qualifiedName();
  }

  private static String help(CommandLine.ParameterException e) {
    return "`%s --help` shows what there is".formatted(name(e));
  }

  private static String firstLine(CommandLine.ParameterException e) {
    String message = String.valueOf(e.getMessage());
    int end = message.indexOf('\n');
    return end < 0 ? message : message.substring(0, end).strip();
  }

  private static CommandLine.Help.Ansi ansi(Console console) {
    return console.style() == Style.COLOURED ? CommandLine.Help.Ansi.ON : CommandLine.Help.Ansi.OFF;
  }
}
