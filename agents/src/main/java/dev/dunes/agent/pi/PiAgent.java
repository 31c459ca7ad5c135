package dev.dunes.agent.pi;

import dev.dunes.agent.Agent;
import dev.dunes.agent.AgentCapabilities;
import dev.dunes.agent.AgentMode;
import dev.dunes.agent.AgentOptions;
import dev.dunes.agent.AgentPlacement;
import dev.dunes.agent.AgentSession;
import dev.dunes.agent.AgentTraits;
import dev.dunes.agent.InstallProgress;
import dev.dunes.agent.ModelDialect;
import dev.dunes.agent.drive.AgentHome;
import dev.dunes.agent.drive.AgentProcess;
import dev.dunes.agent.drive.JavaScriptProgram;
import dev.dunes.agent.install.AgentInstaller;
import dev.dunes.agent.install.Pins;
import dev.dunes.sandbox.Sandbox;
import java.util.List;
import java.util.Optional;

/** pi, version {@link Pins}. */
public final class PiAgent implements Agent {
  private static final String ID = "pi";

  /** What this adapter delivers. */
  private static final AgentTraits TRAITS =
      new AgentTraits(
          new AgentCapabilities(
              true, true, false, true, true, true, true, true, true, true, true, true, true, true,
              false, true, false, false),
          List.of(
              new AgentMode("build", "Build", "Default build mode"),
              new AgentMode("plan", "Plan", "Tools that only look; chosen when a session starts")),
          false,
          List.of("default", "plan", "bypass"),
          List.of(ModelDialect.ANTHROPIC, ModelDialect.OPENAI),
          true,
          false,
          Optional.empty());

  private final JavaScriptProgram program;

  public PiAgent(AgentInstaller installer) {
    this.program = new JavaScriptProgram(installer, () -> Pins.javaScript(ID));
  }

  @Override
  public String id() {
    return ID;
  }

  @Override
  public AgentTraits traits() {
    return TRAITS;
  }

  @Override
  public AgentPlacement prepare(InstallProgress progress) {
    return program.prepare(progress);
  }

  @Override
  public Optional<AgentPlacement> installed() {
    return program.installed();
  }

  @Override
  public List<String> conversationFiles() {
    return List.of(".pi/agent/sessions");
  }

  @Override
  public void check(AgentOptions options) {
    PiLaunch _ = new PiLaunch(options);
  }

  @Override
  public AgentSession open(Sandbox sandbox, AgentOptions options) {
    PiLaunch launch = new PiLaunch(options);
    AgentHome home = AgentHome.of(sandbox, options);
    List<String> start = program.in(sandbox, home);
    AgentProcess process = new AgentProcess(sandbox.start(launch.command(start, home)));
    try {
      return new PiSession(process, options);
    } catch (RuntimeException | Error e) {
      process.close();
      throw e;
    }
  }
}
