package dev.dunes.cli;

import java.util.List;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;

/** {@code ds completion}: a script that teaches a shell the verbs and options. */
@CommandLine.Command(
    description = {"Prints a script that lets a shell complete commands and options.", ""},
    footerHeading = "%nExamples:%n",
    footer = {
      "  source <(ds completion bash)                            in ~/.bashrc",
      "  source <(ds completion zsh)                             in ~/.zshrc",
      "  ds completion fish > ~/.config/fish/completions/ds.fish"
    })
final class CompletionVerb implements Verb {
  private final Console console;

  @Parameters(paramLabel = "SHELL", description = "bash, zsh or fish.")
  private String shell = "";

  CompletionVerb(Console console) {
    this.console = console;
  }

  @Override
  public int run() {
    CommandLine all = all();
    console.print(
        switch (shell) {
          // The same script serves both: in zsh it loads bashcompinit.
          case "bash", "zsh" -> AutoComplete.bash(console.program(), all) + "\n";
          case "fish" -> FishCompletion.of(console.program(), all);
          default ->
              throw Failure.usage(
                  "SHELL: '%s' cannot be used; use one of %s"
                      .formatted(shell, String.join(", ", List.of("bash", "zsh", "fish"))),
                  "");
        });
    return ExitCodes.OK;
  }

  private CommandLine all() {
    CommandLine all = new CommandLine(CommandSpec.create().name(console.program()));
    for (Verbs verb : Verbs.values()) {
      CommandLine line = VerbLine.of(verb.word(), verb.make(console));
      line.getCommandSpec().usageMessage().description(verb.summary());
      all.addSubcommand(verb.word(), line);
    }
    return all;
  }
}
