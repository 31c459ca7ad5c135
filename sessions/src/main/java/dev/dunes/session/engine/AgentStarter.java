package dev.dunes.session.engine;

import dev.dunes.agent.Agent;
import dev.dunes.agent.AgentException;
import dev.dunes.agent.AgentOptions;
import dev.dunes.agent.AgentSession;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.session.time.TimeLimit;
import dev.dunes.session.time.Timers;
import java.time.Duration;
import java.util.function.Supplier;

/** Starts agents in sandboxes; one that takes too long is given up. */
final class AgentStarter {
  private final Timers timers;
  private final Supplier<TurnLimits> limits;

  AgentStarter(EngineServices services) {
    this.timers = services.timers();
    this.limits = services.limits();
  }

  AgentSession start(Agent agent, Sandbox sandbox, AgentOptions options) {
    Duration most = limits.get().start();
    try (TimeLimit limit = new TimeLimit(timers, most)) {
      return start(agent, sandbox, options, limit, most);
    }
  }

  private static AgentSession start(
      Agent agent, Sandbox sandbox, AgentOptions options, TimeLimit limit, Duration most) {
    try {
      return agent.open(sandbox, options);
    } catch (AgentException | SandboxException e) {
      if (!limit.expired()) {
        throw e;
      }
      throw new AgentException(
          "agent_start_failed",
          "the agent did not start within %d s".formatted(most.toSeconds()),
          "give the sandbox more memory or processors, or set DUNES_AGENT_START_TIMEOUT",
          e);
    }
  }
}
