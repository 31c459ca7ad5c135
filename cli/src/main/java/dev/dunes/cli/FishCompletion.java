package dev.dunes.cli;

import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/** The completion script for fish. */
final class FishCompletion {
  private final String program;
  private final StringBuilder script = new StringBuilder();

  private FishCompletion(String program) {
    this.program = program;
  }

  static String of(String program, CommandLine all) {
    FishCompletion completion = new FishCompletion(program);
    completion.add("-f");
    all.getSubcommands().forEach(completion::addVerb);
    return completion.script.toString();
  }

  private void addVerb(String verb, CommandLine line) {
    add(
        "-n __fish_use_subcommand -a %s -d %s"
            .formatted(verb, quoted(line.getCommandSpec().usageMessage().description())));
    for (OptionSpec option : line.getCommandSpec().options()) {
      addOption(verb, option);
    }
  }

  private void addOption(String verb, OptionSpec option) {
    StringBuilder names = new StringBuilder();
    for (String name : option.names()) {
      names.append(name.startsWith("--") ? " -l " + name.substring(2) : " -s " + name.substring(1));
    }
    String condition = "-n '__fish_seen_subcommand_from %s'".formatted(verb);
    String value =
        option.arity().max() == 0 ? "" : option.paramLabel().equals("PATH") ? " -rF" : " -r";
    add(condition + names + value + " -d " + quoted(option.description()));
    if (option.negatable()) {
      add("%s -l no-%s".formatted(condition, option.longestName().substring(2)));
    }
  }

  private void add(String arguments) {
    script.append("complete -c ").append(program).append(' ').append(arguments).append('\n');
  }

  private static String quoted(String[] lines) {
    String text = String.join(" ", lines);
    StringBuilder quoted = new StringBuilder("'");
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      quoted.append(c == '\'' || c == '\\' ? "\\" : "").append(c);
    }
    return quoted.append('\'').toString();
  }
}
