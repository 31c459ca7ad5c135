package dev.dunes.cli;

import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ds destroy}: ends a sandbox. */
@CommandLine.Command(
    description = {
      "Destroys a sandbox with everything in it. Exit code 1 when there is no such.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {"  ds destroy ID", "  ds destroy -p local ID"})
final class DestroyVerb implements Verb {
  private final Console console;

  @Parameters(paramLabel = "ID", description = "The sandbox; `ds list` shows it.")
  private String id = "";

  @Option(
      names = {"-p", "--provider"},
      paramLabel = "NAME",
      description = "Its provider. Needed only when not exactly one knows the sandbox.")
  private Optional<String> provider = Optional.empty();

  DestroyVerb(Console console) {
    this.console = console;
  }

  @Override
  public int run() {
    return new Places(console).destroy(provider, id) ? ExitCodes.OK : ExitCodes.ERROR;
  }
}
