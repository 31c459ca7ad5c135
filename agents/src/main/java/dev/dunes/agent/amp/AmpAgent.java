package dev.dunes.agent.amp;

import dev.dunes.agent.Agent;
import dev.dunes.agent.AgentCapabilities;
import dev.dunes.agent.AgentException;
import dev.dunes.agent.AgentMode;
import dev.dunes.agent.AgentModels;
import dev.dunes.agent.AgentOptions;
import dev.dunes.agent.AgentPlacement;
import dev.dunes.agent.AgentSession;
import dev.dunes.agent.AgentTraits;
import dev.dunes.agent.InstallProgress;
import dev.dunes.agent.ModelDialect;
import dev.dunes.agent.drive.AgentHome;
import dev.dunes.agent.drive.JavaScriptProgram;
import dev.dunes.agent.install.AgentInstaller;
import dev.dunes.agent.install.Pins;
import dev.dunes.sandbox.Sandbox;
import java.util.List;
import java.util.Optional;

/**
 * Amp, the last version whose client runs the loop itself: newer ones run it on their vendor's
 * server and cannot be driven with a model of one's own. The gateway plays the vendor.
 */
public final class AmpAgent implements Agent {
  private static final String ID = "amp";
  private static final String MODE = "build";

  /** What this adapter delivers. */
  private static final AgentTraits TRAITS =
      new AgentTraits(
          new AgentCapabilities(
              false, true, false, true, true, true, false, true, true, true, true, true, true, true,
              true, false, false, false),
          List.of(new AgentMode(MODE, "Build", "Default build mode")),
          false,
          List.of("default", "bypass"),
          List.of(ModelDialect.ANTHROPIC),
          true,
          false,
          Optional.empty());

  /** Its own names for a model with a prompt and tools that fit it. */
  private static final AgentModels MODELS =
      new AgentModels(
          List.of(model("smart", "Smart"), model("rush", "Rush")), Optional.of("smart"));

  private final JavaScriptProgram program;
  private final Start start;

  /** The begin of the command that starts it. */
  interface Start {
    List<String> in(Sandbox sandbox, AgentHome home);
  }

  public AmpAgent(AgentInstaller installer) {
    this.program = new JavaScriptProgram(installer, () -> Pins.javaScript(ID));
    this.start = program::in;
  }

  /** With another program, for tests. */
  AmpAgent(AgentInstaller installer, Start start) {
    this.program = new JavaScriptProgram(installer, () -> Pins.javaScript(ID));
    this.start = start;
  }

  private static AgentModels.Model model(String id, String name) {
    return new AgentModels.Model(id, Optional.of(name), List.of(), Optional.empty());
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
    return MODELS;
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
    return List.of(".local/share/amp/threads");
  }

  @Override
  public AgentSession open(Sandbox sandbox, AgentOptions options) {
    check(options);
    AmpPermissions permissions = AmpPermissions.of(options);
    AgentHome home = AgentHome.of(sandbox, options);
    List<String> command = start.in(sandbox, home);
    AmpLaunch launch = new AmpLaunch(sandbox, home, command, options, permissions);
    return AmpSession.open(launch);
  }

  @Override
  public void check(AgentOptions options) {
    AmpPermissions.of(options);
    options
        .mode()
        .filter(mode -> !mode.equals(MODE))
        .ifPresent(mode -> {
          throw new AgentException(
              "mode_not_supported", "Amp has no mode '%s'".formatted(mode), "use " + MODE, null);
        });
    options
        .model()
        .filter(name -> MODELS.models().stream().noneMatch(model -> model.id().equals(name)))
        .ifPresent(name -> {
          throw new AgentException(
              "model_not_supported",
              "Amp chooses its models itself; it does not take '%s'".formatted(name),
              "use smart or rush, or name none",
              null);
        });
    refuse(options.variant().isPresent(), "variants of a model");
    refuse(options.outputSchema().isPresent(), "answers that follow a schema");
    refuse(options.systemPrompt().isPresent(), "another system prompt");
    refuse(options.appendSystemPrompt().isPresent(), "more of a system prompt");
    refuse(options.subagents().isPresent(), "subagents of one's own");
    refuse(options.fork(), "copies of a conversation");
  }

  private static void refuse(boolean asked, String what) {
    if (asked) {
      throw new AgentException(
          "invalid_options", "Amp has no " + what, "leave it out, or use another agent", null);
    }
  }
}
