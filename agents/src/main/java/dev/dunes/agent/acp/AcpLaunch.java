package dev.dunes.agent.acp;

import dev.dunes.agent.AgentException;
import dev.dunes.agent.AgentOptions;
import dev.dunes.agent.AgentPlacement;
import dev.dunes.agent.InstallProgress;
import dev.dunes.agent.drive.AgentHome;
import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.Sandbox;
import java.util.Optional;

/** How an agent that speaks ACP gets onto this machine and is started in a sandbox. */
public interface AcpLaunch {
  /** As {@link dev.dunes.agent.Agent#prepare}. */
  AgentPlacement prepare(InstallProgress progress);

  /** As {@link dev.dunes.agent.Agent#installed}. */
  Optional<AgentPlacement> installed();

  /**
   * The command, with its standard input open. Writes the agent's settings into the home first.
   *
   * @throws AgentException {@code invalid_options} for what this agent cannot do
   */
  Command command(Sandbox sandbox, AgentHome home, AgentOptions options);
}
