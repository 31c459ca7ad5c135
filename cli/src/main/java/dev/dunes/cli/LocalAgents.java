package dev.dunes.cli;

import dev.dunes.agent.AgentException;
import dev.dunes.agent.AgentSettings;
import dev.dunes.agent.Agents;
import java.nio.file.Path;
import java.util.Map;

/** The agents of this machine. */
final class LocalAgents {
  private LocalAgents() {}

  static Agents open(Console console) {
    return open(console, console.environment());
  }

  /** With other variables. */
  static Agents open(Console console, Map<String, String> environment) {
    try {
      return Agents.open(
          new AgentSettings(
              environment,
              Path.of(System.getProperty("user.home")),
              console.directory().toAbsolutePath()));
    } catch (AgentException e) {
      throw failure(e);
    }
  }

  /** What went wrong with one, for a person. */
  static Failure failure(AgentException e) {
    int code = e.code().equals("unknown_agent") ? ExitCodes.USAGE : ExitCodes.ERROR;
    return new Failure(code, String.valueOf(e.getMessage()), e.remedy().orElse(""));
  }
}
