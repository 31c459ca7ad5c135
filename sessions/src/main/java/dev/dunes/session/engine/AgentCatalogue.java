package dev.dunes.session.engine;

import dev.dunes.agent.Agent;
import dev.dunes.agent.AgentException;
import dev.dunes.agent.AgentPlacement;
import dev.dunes.agent.InstallProgress;
import dev.dunes.sandbox.HostMount;
import dev.dunes.session.AgentInstallation;
import dev.dunes.session.AgentStatus;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The agents, as they are on this machine. Their versions are pinned: nothing is started. */
final class AgentCatalogue {
  private static final Logger LOG = LoggerFactory.getLogger(AgentCatalogue.class);

  private static final InstallProgress ANEW =
      new InstallProgress() {
        @Override
        public boolean anew() {
          return true;
        }
      };

  private final EngineServices services;

  AgentCatalogue(EngineServices services) {
    this.services = services;
  }

  List<AgentStatus> all() {
    return services.agentIds().stream().map(this::status).toList();
  }

  Agent get(String id) {
    try {
      return services.agents().apply(id);
    } catch (AgentException e) {
      throw Problems.unsupported(id, e);
    }
  }

  AgentStatus status(String id) {
    Agent agent = get(id);
    Optional<AgentPlacement> placement = installed(agent);
    return new AgentStatus(
        id,
        placement.isPresent(),
        placement.map(AgentPlacement::version),
        placement.flatMap(AgentCatalogue::path),
        services.places().credentials(agent.traits()),
        agent.traits(),
        Optional.empty());
  }

  private static Optional<AgentPlacement> installed(Agent agent) {
    try {
      return agent.installed();
    } catch (AgentException e) {
      LOG.warn("{} cannot be looked at: {}", agent.id(), e.getMessage());
      return Optional.empty();
    }
  }

  private static Optional<String> path(AgentPlacement placement) {
    return placement.program().map(HostMount::source).map(Object::toString);
  }

  AgentInstallation install(String id, boolean again) {
    Agent agent = get(id);
    boolean already = !again && installed(agent).isPresent();
    AgentPlacement placement = prepare(agent, again ? ANEW : InstallProgress.SILENT);
    return new AgentInstallation(
        already, placement.version(), path(placement).orElse(placement.version()));
  }

  /** Installs an agent where it is not. */
  AgentPlacement prepare(Agent agent) {
    return prepare(agent, InstallProgress.SILENT);
  }

  private static AgentPlacement prepare(Agent agent, InstallProgress progress) {
    refuseUnavailable(agent);
    try {
      return agent.prepare(progress);
    } catch (AgentException e) {
      throw Problems.installFailed(agent.id(), e);
    }
  }

  private static void refuseUnavailable(Agent agent) {
    agent
        .traits()
        .unavailable()
        .ifPresent(why -> {
          throw Problems.notInstalled(agent.id(), why);
        });
  }
}
