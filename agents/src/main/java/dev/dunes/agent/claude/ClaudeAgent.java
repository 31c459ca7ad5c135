package dev.dunes.agent.claude;

import dev.dunes.agent.Agent;
import dev.dunes.agent.AgentCapabilities;
import dev.dunes.agent.AgentModels;
import dev.dunes.agent.AgentOptions;
import dev.dunes.agent.AgentPlacement;
import dev.dunes.agent.AgentSession;
import dev.dunes.agent.AgentTraits;
import dev.dunes.agent.InstallProgress;
import dev.dunes.agent.ModelDialect;
import dev.dunes.agent.drive.AgentHome;
import dev.dunes.agent.drive.AgentProcess;
import dev.dunes.agent.drive.AnswerSchema;
import dev.dunes.agent.drive.InstalledProgram;
import dev.dunes.agent.install.AgentInstaller;
import dev.dunes.agent.install.Pin;
import dev.dunes.agent.install.Pins;
import dev.dunes.sandbox.Sandbox;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import tools.jackson.databind.node.ObjectNode;

/** Claude Code, version {@link Pins}. */
public final class ClaudeAgent implements Agent {
  private static final String ID = "claude";

  /** What this adapter delivers. */
  private static final AgentTraits TRAITS =
      new AgentTraits(
          new AgentCapabilities(
              true, true, true, true, true, true, true, true, true, true, true, true, true, true,
              true, true, false, false),
          ClaudeModes.ALL,
          false,
          List.of("default", "bypass"),
          List.of(ModelDialect.ANTHROPIC),
          true,
          false,
          Optional.empty());

  private final InstalledProgram program;

  public ClaudeAgent(AgentInstaller installer) {
    this(installer, () -> Pins.of(ID));
  }

  /** With another program, for tests. */
  ClaudeAgent(AgentInstaller installer, Supplier<Pin> pin) {
    this.program = InstalledProgram.of(installer, pin);
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
  public AgentModels models() {
    return ClaudeModes.MODELS;
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
    return List.of(".claude/projects");
  }

  @Override
  public boolean keepsBudget() {
    return true;
  }

  @Override
  public AgentSession open(Sandbox sandbox, AgentOptions options) {
    ToolPolicy tools = ToolPolicy.of(options.allowedTools());
    Optional<AnswerSchema> schema = options.outputSchema().map(AnswerSchema::of);
    ClaudeLaunch launch = new ClaudeLaunch(options, tools);
    Optional<ObjectNode> initialize = launch.initialize();
    AgentHome home = AgentHome.of(sandbox, options);
    String path = program.in(sandbox, home);
    home.write(".claude/settings.json", launch.settings());
    Optional<String> mcp =
        launch.mcpConfig().map(text -> home.write(".claude/dunes-mcp.json", text));
    AgentProcess process = new AgentProcess(sandbox.start(launch.command(path, mcp)));
    try {
      return new ClaudeSession(process, tools, schema, initialize, options.permissions());
    } catch (RuntimeException | Error e) {
      process.close();
      throw e;
    }
  }
}
