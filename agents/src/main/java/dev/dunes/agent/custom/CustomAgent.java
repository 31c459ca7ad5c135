package dev.dunes.agent.custom;

import dev.dunes.agent.Agent;
import dev.dunes.agent.AgentCapabilities;
import dev.dunes.agent.AgentMode;
import dev.dunes.agent.AgentOptions;
import dev.dunes.agent.AgentPlacement;
import dev.dunes.agent.AgentSession;
import dev.dunes.agent.AgentTraits;
import dev.dunes.agent.InstallProgress;
import dev.dunes.agent.acp.AcpAgent;
import dev.dunes.agent.acp.AcpProfile;
import dev.dunes.sandbox.Sandbox;
import java.util.List;
import java.util.Optional;

/**
 * An agent of the user's own: {@code acp:NAME}. What it can do beyond what the protocol asks of
 * every agent is what it said when it started last.
 */
final class CustomAgent implements Agent {
  private static final AgentMode BUILD =
      new AgentMode("build", "Build", "As the agent works by itself");

  private final CustomSettings settings;
  private final Declarations declarations;
  private final CustomLaunch launch;

  CustomAgent(CustomSettings settings, Declarations declarations) {
    this.settings = settings;
    this.declarations = declarations;
    this.launch = new CustomLaunch(settings, declarations);
  }

  @Override
  public String id() {
    return settings.id();
  }

  @Override
  public AgentTraits traits() {
    Declarations.Declared said = declarations.latest();
    return new AgentTraits(
        capabilities(said.images()),
        List.of(BUILD),
        true,
        List.of("default", "bypass"),
        settings.dialects(),
        // Without its files another sandbox has nothing to go on with.
        said.resumable() && !settings.conversations().isEmpty(),
        false,
        Optional.empty());
  }

  /** What the protocol asks of every agent, and what our driver makes of it. */
  private static AgentCapabilities capabilities(boolean images) {
    return new AgentCapabilities(
        false, true, false, true, true, true, images, true, true, true, false, false, false, false,
        true, true, false, false);
  }

  @Override
  public AgentPlacement prepare(InstallProgress progress) {
    return launch.prepare(progress);
  }

  @Override
  public Optional<AgentPlacement> installed() {
    return launch.installed();
  }

  @Override
  public List<String> conversationFiles() {
    return settings.conversations();
  }

  @Override
  public void check(AgentOptions options) {
    driven().check(options);
  }

  @Override
  public AgentSession open(Sandbox sandbox, AgentOptions options) {
    return driven().open(sandbox, options);
  }

  private Agent driven() {
    return new AcpAgent(AcpProfile.unknown(id(), traits()), launch, declarations::hear);
  }
}
