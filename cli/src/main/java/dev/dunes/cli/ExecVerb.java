package dev.dunes.cli;

import dev.dunes.sandbox.Command;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ds exec}: a command in a sandbox that exists. */
@CommandLine.Command(
    description = {
      "Runs a command in a sandbox that exists, whichever program made it.",
      "What it writes comes out byte for byte as it is written; the exit code is its own.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  ds exec ID 'ls -la'",
      "  ds exec -p local -e DEBUG=1 ID 'python3 script.py'",
      "  ds exec ID 'cat > data.csv' < data.csv"
    })
final class ExecVerb implements Verb {
  private final Console console;

  @Parameters(index = "0", paramLabel = "ID", description = "The sandbox; `ds list` shows it.")
  private String id = "";

  @Parameters(index = "1", paramLabel = "COMMAND", description = "A line of shell.")
  private String command = "";

  @Option(
      names = {"-p", "--provider"},
      paramLabel = "NAME",
      description = "Its provider. Needed only when not exactly one knows the sandbox.")
  private Optional<String> provider = Optional.empty();

  @Option(
      names = {"-t", "--timeout"},
      paramLabel = "SECONDS",
      description = "Kill the command after this time, with exit code 124 (default: never).")
  private Optional<Integer> timeout = Optional.empty();

  @Option(names = "--json", description = "Print the result as one JSON object.")
  private boolean json;

  @Mixin private CommandOptions commandOptions = new CommandOptions();

  ExecVerb(Console console) {
    this.console = console;
  }

  @Override
  public int run() {
    Command.Builder builder = commandOptions.applyTo(Command.shellBuilder(command));
    timeout.ifPresent(seconds -> builder.timeout(Lifetime.seconds("--timeout", seconds)));
    if (!console.terminals().in()) {
      builder.openStdin();
    }
    Command built = builder.build();
    try (Hold hold = new Hold(console, new Places(console).sandbox(provider, id))) {
      return new Execution(console, hold.sandbox()).run(built, json);
    }
  }
}
