package dev.dunes.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;

/** {@code ds api}: the operations of the agent API, one a command. Agent API, sheet 2.11. */
@CommandLine.Command(
    description = {
      "Asks a server about agents and sessions; each command is one operation of its HTTP API.",
      "Answers are JSON on standard output; a problem goes to standard error, with exit code 1.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  ds api agents list",
      "  ds api sessions create s1 --agent claude",
      "  ds api sessions send-message-stream s1 -m \"Say hi\"",
      "  ds api sessions events s1 --endpoint http://10.0.0.5:2468 --token $TOKEN"
    })
final class ApiVerb implements Verb {
  private final Console console;

  @Mixin private ApiTarget target = new ApiTarget();

  ApiVerb(Console console) {
    this.console = console;
  }

  @Override
  public Map<String, Verb> parts() {
    Map<String, Verb> parts = new LinkedHashMap<>();
    parts.put("agents", new ApiAgents(console, target));
    parts.put("sessions", new ApiSessions(console, target));
    return parts;
  }

  @Override
  public int run() {
    throw Parts.missing(console.program() + " api", parts());
  }
}
