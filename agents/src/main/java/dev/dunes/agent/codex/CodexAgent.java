package dev.dunes.agent.codex;

import dev.dunes.agent.Agent;
import dev.dunes.agent.AgentCapabilities;
import dev.dunes.agent.AgentMode;
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

/** Codex, version {@link Pins}, driven over {@code codex app-server}. */
public final class CodexAgent implements Agent {
  /** Where it keeps everything, below the home of its user. */
  static final String HOME = ".codex";

  static final List<AgentMode> MODES =
      List.of(
          new AgentMode("build", "Build", "Default build mode"),
          new AgentMode("plan", "Plan", "Planning mode via prompt prefix"));

  private static final String ID = "codex";

  /** What this adapter delivers. */
  private static final AgentTraits TRAITS =
      new AgentTraits(
          new AgentCapabilities(
              true, true, true, true, true, true, true, true, true, true, true, true, true, true,
              true, true, true, false),
          MODES,
          false,
          List.of("default", "plan", "bypass"),
          List.of(ModelDialect.OPENAI),
          true,
          false,
          Optional.empty());

  private final InstalledProgram program;

  public CodexAgent(AgentInstaller installer) {
    this(installer, () -> Pins.of(ID));
  }

  /** With another program, for tests. */
  CodexAgent(AgentInstaller installer, Supplier<Pin> pin) {
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
    return CodexModels.ALL;
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
    return List.of(HOME + "/sessions");
  }

  @Override
  public void check(AgentOptions options) {
    CodexLaunch _ = new CodexLaunch(options);
    CodexSettings _ = new CodexSettings(options);
    options.outputSchema().ifPresent(AnswerSchema::of);
  }

  @Override
  public AgentSession open(Sandbox sandbox, AgentOptions options) {
    CodexLaunch launch = new CodexLaunch(options);
    CodexSettings settings = new CodexSettings(options);
    Optional<AnswerSchema> schema = options.outputSchema().map(AnswerSchema::of);
    AgentHome home = AgentHome.of(sandbox, options);
    String path = program.in(sandbox, home);
    home.write(HOME + "/config.toml", launch.config());
    AgentProcess process = new AgentProcess(sandbox.start(launch.command(path, home)));
    try {
      return new CodexSession(process, launch, settings, schema, options, new CodexInput(home));
    } catch (RuntimeException | Error e) {
      process.close();
      throw e;
    }
  }
}
