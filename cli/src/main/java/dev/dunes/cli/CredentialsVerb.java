package dev.dunes.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine;

/** {@code ds credentials}: the keys for models that this machine's user has. */
@CommandLine.Command(
    description = {
      "Finds keys for models: in the environment and in the files of coding agents.",
      "They are shown to you only. No agent gets them: a sandbox has a token for a gateway.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  ds credentials extract",
      "  ds credentials extract --agent codex",
      "  eval \"$(ds credentials extract-env --export)\""
    })
final class CredentialsVerb implements Verb {
  private final Console console;

  @CommandLine.Mixin
  @SuppressWarnings("UnusedVariable") // read by nobody
  private UnusedToken token = new UnusedToken();

  CredentialsVerb(Console console) {
    this.console = console;
  }

  @Override
  public Map<String, Verb> parts() {
    Map<String, Verb> parts = new LinkedHashMap<>();
    parts.put("extract", new CredentialsExtract(console));
    parts.put("extract-env", new CredentialsExtractEnv(console));
    return parts;
  }

  @Override
  public int run() {
    throw Parts.missing(console.program() + " credentials", parts());
  }
}
