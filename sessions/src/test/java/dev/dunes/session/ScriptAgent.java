package dev.dunes.session;

import dev.dunes.agent.Agent;
import dev.dunes.agent.AgentOptions;
import dev.dunes.agent.AgentPlacement;
import dev.dunes.agent.AgentSession;
import dev.dunes.agent.InstallProgress;
import dev.dunes.sandbox.HostMount;
import dev.dunes.sandbox.Sandbox;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * An agent for tests: its prompt is a shell script that runs in the sandbox. Lines that are JSON
 * objects are its messages, one of type {@code result} ends the turn.
 */
class ScriptAgent implements Agent {
  final List<AgentOptions> opened = new CopyOnWriteArrayList<>();
  private final Path program;

  ScriptAgent(Path program) {
    this.program = program;
  }

  @Override
  public String id() {
    return "claude";
  }

  @Override
  public boolean keepsBudget() {
    return true;
  }

  @Override
  public AgentPlacement prepare(InstallProgress progress) {
    return new AgentPlacement(new HostMount(program, "/opt/dunes/script-agent"), "1");
  }

  @Override
  public AgentSession open(Sandbox sandbox, AgentOptions options) {
    opened.add(options);
    return new ScriptSession(sandbox, options);
  }
}
