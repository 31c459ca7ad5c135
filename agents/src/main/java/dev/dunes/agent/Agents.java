package dev.dunes.agent;

import static java.util.Objects.requireNonNull;

import dev.dunes.agent.acp.AcpAgents;
import dev.dunes.agent.amp.AmpAgent;
import dev.dunes.agent.claude.ClaudeAgent;
import dev.dunes.agent.codex.CodexAgent;
import dev.dunes.agent.gemini.GeminiAgent;
import dev.dunes.agent.install.AgentInstaller;
import dev.dunes.agent.mock.MockAgent;
import dev.dunes.agent.opencode.OpenCodeAgent;
import dev.dunes.agent.pi.PiAgent;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The agents that can be driven. Safe for use by several threads. */
public final class Agents {
  private final Map<String, Agent> byId = new LinkedHashMap<>();

  private Agents(List<Agent> agents) {
    agents.forEach(agent -> byId.put(agent.id(), agent));
  }

  /** All there are. Nothing is installed or started by that. */
  public static Agents open(AgentSettings settings) {
    requireNonNull(settings, "settings");
    AgentInstaller installer = new AgentInstaller(settings);
    return new Agents(
        List.of(
            new ClaudeAgent(installer),
            new CodexAgent(installer),
            new OpenCodeAgent(installer),
            new AmpAgent(installer),
            new MockAgent(settings),
            GeminiAgent.of(installer),
            new PiAgent(installer),
            AcpAgents.claude(installer),
            AcpAgents.codex(installer),
            AcpAgents.openCode(installer)));
  }

  /** Their ids, in the order in which to show them. */
  public List<String> ids() {
    return List.copyOf(byId.keySet());
  }

  /**
   * The agent of this id.
   *
   * @throws AgentException {@code unknown_agent}; its remedy names the nearest one or all there are
   */
  public Agent get(String id) {
    Agent agent = byId.get(requireNonNull(id, "id"));
    if (agent == null) {
      String remedy =
          NearestName.to(id, byId.keySet())
              .map(near -> "did you mean '%s'?".formatted(near))
              .orElse("known agents: " + String.join(", ", byId.keySet()));
      throw new AgentException("unknown_agent", "unknown agent '%s'".formatted(id), remedy, null);
    }
    return agent;
  }
}
