package dev.dunes.cli;

import dev.dunes.agent.Agent;
import dev.dunes.agent.AgentModels;
import dev.dunes.agent.AgentOptions;
import dev.dunes.agent.AgentPlacement;
import dev.dunes.agent.AgentSession;
import dev.dunes.agent.AgentTraits;
import dev.dunes.agent.InstallProgress;
import dev.dunes.sandbox.Sandbox;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * An agent whose installation is shown to whoever waits for it.
 *
 * @param explain hears what is done, for who asked for it
 */
record ShownAgent(Agent agent, Waiting waiting, Consumer<String> explain) implements Agent {
  @Override
  public String id() {
    return agent.id();
  }

  @Override
  public AgentTraits traits() {
    return agent.traits();
  }

  @Override
  public AgentModels models() {
    return agent.models();
  }

  @Override
  public Optional<AgentPlacement> installed() {
    return agent.installed();
  }

  @Override
  public List<String> conversationFiles() {
    return agent.conversationFiles();
  }

  @Override
  public boolean keepsBudget() {
    return agent.keepsBudget();
  }

  @Override
  public void check(AgentOptions options) {
    agent.check(options);
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

              @Override
              public boolean anew() {
                return progress.anew();
              }
            });
    waiting.forWhat("opening a sandbox");
    return placement;
  }

  @Override
  public AgentSession open(Sandbox sandbox, AgentOptions options) {
    waiting.forWhat("starting " + agent.id());
    if (!agent.traits().inProcess()) {
      explain.accept(
          "sandbox %s at %s; starting %s".formatted(sandbox.id(), sandbox.provider(), agent.id()));
    }
    return agent.open(sandbox, options);
  }
}
