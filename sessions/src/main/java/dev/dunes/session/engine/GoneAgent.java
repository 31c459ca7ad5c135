package dev.dunes.session.engine;

import dev.dunes.agent.Agent;
import dev.dunes.agent.AgentException;
import dev.dunes.agent.AgentOptions;
import dev.dunes.agent.AgentPlacement;
import dev.dunes.agent.AgentSession;
import dev.dunes.agent.InstallProgress;
import dev.dunes.sandbox.Sandbox;

/** The agent of a session that was made when there was such an agent: it can only be read. */
record GoneAgent(String id) implements Agent {
  @Override
  public AgentPlacement prepare(InstallProgress progress) {
    throw gone();
  }

  @Override
  public AgentSession open(Sandbox sandbox, AgentOptions options) {
    throw gone();
  }

  private AgentException gone() {
    return new AgentException(
        "unknown_agent",
        "there is no agent '%s' any more".formatted(id),
        "create a session with another agent",
        null);
  }
}
