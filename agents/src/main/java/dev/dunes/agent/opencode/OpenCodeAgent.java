package dev.dunes.agent.opencode;

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
import dev.dunes.agent.drive.AnswerSchema;
import dev.dunes.agent.drive.InstalledProgram;
import dev.dunes.agent.install.AgentInstaller;
import dev.dunes.agent.install.Pin;
import dev.dunes.agent.install.Pins;
import dev.dunes.sandbox.Sandbox;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** OpenCode, version {@link Pins}. Each session has a server of its own in its sandbox. */
public final class OpenCodeAgent implements Agent {
  private static final String ID = "opencode";

  /** What this adapter delivers. */
  private static final AgentTraits TRAITS =
      new AgentTraits(
          new AgentCapabilities(
              true, true, true, true, true, true, true, true, true, true, true, true, true, true,
              true, true, true, false),
          List.of(
              new AgentMode("build", "Build", "Default build mode"),
              new AgentMode("plan", "Plan", "Planning mode"),
              new AgentMode("custom", "Custom", "Any user-defined OpenCode agent name")),
          true,
          List.of("default", "plan", "bypass"),
          List.of(ModelDialect.ANTHROPIC, ModelDialect.OPENAI),
          true,
          false,
          Optional.empty());

  private final InstalledProgram program;

  public OpenCodeAgent(AgentInstaller installer) {
    this(installer, () -> Pins.of(ID));
  }

  /** With another program, for tests. */
  OpenCodeAgent(AgentInstaller installer, Supplier<Pin> pin) {
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
  public AgentPlacement prepare(InstallProgress progress) {
    return program.prepare(progress);
  }

  @Override
  public Optional<AgentPlacement> installed() {
    return program.installed();
  }

  @Override
  public List<String> conversationFiles() {
    return List.of(".local/share/opencode");
  }

  @Override
  public void check(AgentOptions options) {
    options.outputSchema().ifPresent(AnswerSchema::of);
    new OpenCodeTools(options.permissions()).permission(options.allowedTools());
  }

  @Override
  public AgentSession open(Sandbox sandbox, AgentOptions options) {
    Optional<AnswerSchema> schema = options.outputSchema().map(AnswerSchema::of);
    OpenCodeModel model = OpenCodeModel.of(options.model(), options.access());
    OpenCodeServer.ports(sandbox);
    AgentHome home = AgentHome.of(sandbox, options);
    OpenCodeLaunch launch = new OpenCodeLaunch(sandbox, program.in(sandbox, home), options);
    OpenCodeServer server = launch.start(model);
    try {
      OpenCodeConversation conversation =
          OpenCodeConversation.open(server.client(), model, options);
      return new OpenCodeSession(launch, server, model, conversation, schema);
    } catch (RuntimeException | Error e) {
      server.close();
      throw e;
    }
  }
}
