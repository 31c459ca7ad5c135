package dev.dunes.agent;

import static java.util.Objects.requireNonNull;

import dev.dunes.agent.acp.AcpAgents;
import dev.dunes.agent.amp.AmpAgent;
import dev.dunes.agent.claude.ClaudeAgent;
import dev.dunes.agent.codex.CodexAgent;
import dev.dunes.agent.custom.CustomAgents;
import dev.dunes.agent.drive.NearestName;
import dev.dunes.agent.gemini.GeminiAgent;
import dev.dunes.agent.install.AgentInstaller;
import dev.dunes.agent.mock.MockAgent;
import dev.dunes.agent.opencode.OpenCodeAgent;
import dev.dunes.agent.pi.PiAgent;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The agents that can be driven. Safe for use by several threads. */
public final class Agents {
  /** What the ids of agents of the user's own begin with. */
  public static final String OWN = "acp:";

  private final Map<String, Agent> byId = new LinkedHashMap<>();

  private Agents(List<Agent> agents) {
    agents.forEach(agent -> byId.put(agent.id(), agent));
  }

  /**
   * All there are, those of the user's own file included. Nothing is installed or started by that.
   *
   * @throws AgentException {@code invalid_settings} when that file says something that cannot be
   */
  public static Agents open(AgentSettings settings) {
    requireNonNull(settings, "settings");
    AgentInstaller installer = new AgentInstaller(settings);
    List<Agent> builtIn =
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
            AcpAgents.openCode(installer));
    return new Agents(Stream.concat(builtIn.stream(), CustomAgents.of(settings).stream()).toList());
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
