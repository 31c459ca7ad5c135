package dev.dunes.session;

import dev.dunes.agent.Agent;
import dev.dunes.agent.AgentCapabilities;
import dev.dunes.agent.AgentMode;
import dev.dunes.agent.AgentOptions;
import dev.dunes.agent.AgentPlacement;
import dev.dunes.agent.AgentSession;
import dev.dunes.agent.AgentTraits;
import dev.dunes.agent.InstallProgress;
import dev.dunes.agent.ModelDialect;
import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.RunningCommand;
import dev.dunes.sandbox.Sandbox;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * An agent for tests: each message is a shell script that runs in the sandbox. A line {@code say X}
 * is a message, {@code ask ID} a request for permission whose answer it can read as a line, {@code
 * done} the end of the turn. It keeps what it was told in {@code ~/.turns}.
 */
final class TurnAgent implements Agent {
  static final String ID = "turns";

  final List<AgentOptions> opened = new CopyOnWriteArrayList<>();
  final AtomicInteger installations = new AtomicInteger();
  private final boolean resumable;

  /** What runs in the sandbox before it is open. */
  volatile String startup = "";

  TurnAgent(boolean resumable) {
    this.resumable = resumable;
  }

  @Override
  public String id() {
    return ID;
  }

  @Override
  public AgentTraits traits() {
    return new AgentTraits(
        AgentCapabilities.TEXT,
        List.of(new AgentMode("build", "Build", ""), new AgentMode("plan", "Plan", "")),
        false,
        List.of("default", "bypass"),
        List.of(ModelDialect.ANTHROPIC),
        resumable,
        false,
        Optional.empty());
  }

  @Override
  public List<String> conversationFiles() {
    return List.of(".turns");
  }

  @Override
  public AgentPlacement prepare(InstallProgress progress) {
    if (progress.anew()) {
      installations.incrementAndGet();
    }
    return new AgentPlacement(List.of(), "1");
  }

  @Override
  public AgentSession open(Sandbox sandbox, AgentOptions options) {
    opened.add(options);
    if (!startup.isEmpty()) {
      try (RunningCommand command = sandbox.start(Command.of("/bin/sh", "-c", startup))) {
        command.waitFor();
      }
    }
    return new TurnSession(sandbox, options);
  }
}
