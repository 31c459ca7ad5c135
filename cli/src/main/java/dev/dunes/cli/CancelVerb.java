package dev.dunes.cli;

import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code ds cancel}: ends a run of a server. */
@CommandLine.Command(
    description = {
      "Ends a run of a server.",
      "Its id is in the X-Run-Id header of the answer and in the list of runs.",
      "Exit code 1 when there is no such run or it has ended.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {"  ds cancel 1a2b3c4d", "  ds cancel 1a2b3c4d --server https://dunes.example.com"})
final class CancelVerb implements Verb {
  private static final String HERE = "http://localhost:8000";

  private final Console console;

  @Parameters(paramLabel = "ID", description = "The id of the run.")
  private String id = "";

  @Mixin private ServerOptions servers = new ServerOptions();

  CancelVerb(Console console) {
    this.console = console;
  }

  @Override
  public int run() {
    try (Server server = servers.serverOr(console, HERE)) {
      Optional<String> refused = server.cancel(id);
      if (refused.isPresent()) {
        throw new Failure(ExitCodes.ERROR, refused.get(), "");
      }
      console.print("cancelling %s\n".formatted(Printable.line(id)));
      return ExitCodes.OK;
    }
  }
}
