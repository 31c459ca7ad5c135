package dev.dunes.cli;

import dev.dunes.session.SessionException;
import dev.dunes.session.Sessions;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ds attach}: a session of a server, followed and answered in the terminal. */
@CommandLine.Command(
    description = {
      "Shows what happens in a session of a server, and takes part: a line you type is a message;",
      "when the agent asks for permission or asks a question, it is the answer.",
      "/interrupt ends the turn that runs, /end the session, /leave leaves it alone.",
      "Ctrl-C interrupts the turn; once more, or without a turn, it leaves. The session goes on.",
      "Ends by itself when the session does.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  ds attach s1",
      "  ds attach s1 --endpoint http://10.0.0.5:2468 --token $TOKEN",
      "  ds attach s1 --json | jq .type"
    })
final class AttachVerb implements Verb {
  private final Console console;

  @Parameters(paramLabel = "SESSION", description = "The session's id.")
  private String id = "";

  @Mixin private ApiTarget target = new ApiTarget();

  @Option(
      names = {"-o", "--offset"},
      paramLabel = "N",
      defaultValue = "0",
      description = "Begin after this event (default: 0, with the first).")
  private long offset;

  @Option(names = "--json", description = "Print every event as one line of JSON.")
  private boolean json;

  AttachVerb(Console console) {
    this.console = console;
  }

  @Override
  public int run() {
    if (offset < 0) {
      throw Failure.usage("--offset: '%d' cannot be used; use 0 or more".formatted(offset), "");
    }
    try (Sessions sessions = target.sessions(console)) {
      return new Attended(console, sessions.get(id), json).follow(offset);
    } catch (SessionException e) {
      throw SessionFailures.of(e);
    }
  }
}
