package dev.dunes.cli;

import dev.dunes.agent.Agent;
import dev.dunes.agent.AgentOptions;
import dev.dunes.agent.AgentPlacement;
import dev.dunes.agent.AgentSession;
import dev.dunes.agent.InstallProgress;
import dev.dunes.sandbox.Sandbox;

/** An agent whose installation is shown to whoever waits for it. */
record ShownAgent(Agent agent, Waiting waiting) implements Agent {
  @Override
  public String id() {
    return agent.id();
  }

  @Override
  public AgentPlacement prepare(InstallProgress progress) {
    waiting.forWhat("looking for " + agent.id());
    AgentPlacement placement =
        agent.prepare(
            new InstallProgress() {
              @Override
              public void step(String step, long done, long total) {
                waiting.progress(step, done, total);
                progress.step(step, done, total);
              }
            });
    waiting.forWhat("opening a sandbox");
    return placement;
  }

  @Override
  public AgentSession open(Sandbox sandbox, AgentOptions options) {
    waiting.forWhat("starting " + agent.id());
    return agent.open(sandbox, options);
  }
}
