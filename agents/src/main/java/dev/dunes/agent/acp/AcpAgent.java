package dev.dunes.agent.acp;

import static java.util.Objects.requireNonNull;

import dev.dunes.agent.Agent;
import dev.dunes.agent.AgentException;
import dev.dunes.agent.AgentModels;
import dev.dunes.agent.AgentOptions;
import dev.dunes.agent.AgentPlacement;
import dev.dunes.agent.AgentSession;
import dev.dunes.agent.AgentTraits;
import dev.dunes.agent.InstallProgress;
import dev.dunes.agent.PermissionPolicy;
import dev.dunes.agent.drive.AgentHome;
import dev.dunes.agent.drive.AgentProcess;
import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.Sandbox;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import tools.jackson.databind.JsonNode;

/** An agent that speaks ACP: what is known of it, and how it is started. */
public final class AcpAgent implements Agent {
  private final AcpProfile profile;
  private final AcpLaunch launch;
  private final Consumer<JsonNode> initialized;
  private final AcpTimeouts timeouts;

  public AcpAgent(AcpProfile profile, AcpLaunch launch) {
    this(profile, launch, answer -> {});
  }

  /**
   * @param initialized hears what the agent says of itself when it starts
   */
  public AcpAgent(AcpProfile profile, AcpLaunch launch, Consumer<JsonNode> initialized) {
    this(profile, launch, initialized, AcpTimeouts.USUAL);
  }

  AcpAgent(
      AcpProfile profile, AcpLaunch launch, Consumer<JsonNode> initialized, AcpTimeouts timeouts) {
    this.initialized = requireNonNull(initialized, "initialized");
    this.timeouts = requireNonNull(timeouts, "timeouts");
    this.profile = requireNonNull(profile, "profile");
    this.launch = requireNonNull(launch, "launch");
  }

  @Override
  public String id() {
    return profile.id();
  }

  @Override
  public AgentTraits traits() {
    return profile.traits();
  }

  @Override
  public AgentModels models() {
    return profile.models();
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
    return profile.conversations();
  }

  @Override
  public AgentSession open(Sandbox sandbox, AgentOptions options) {
    check(options);
    Command command = launch.command(sandbox, AgentHome.of(sandbox, options), options);
    AgentProcess process = new AgentProcess(sandbox.start(command));
    try {
      Survivors survivors = new Survivors(sandbox, profile.survivors());
      return new AcpSession(profile, process, survivors, options, initialized, timeouts);
    } catch (RuntimeException | Error e) {
      process.close();
      throw e;
    }
  }

  /** The protocol has no words for these. */
  @Override
  public void check(AgentOptions options) {
    AcpMcp.of(options.mcpServers());
    refuse(options.allowedTools().isPresent(), "a list of allowed tools", "let it ask instead");
    refuse(options.subagents().isPresent(), "subagents", "leave them out");
    refuse(options.maxTurns().isPresent(), "a limit of turns", "give a limit of time");
    refuse(options.maxBudgetUsd().isPresent(), "a budget", "give the budget to the gateway");
    refuse(options.outputSchema().isPresent(), "a schema for its answer", "use another agent");
    refuse(
        options.systemPrompt().isPresent() || options.appendSystemPrompt().isPresent(),
        "a system prompt",
        "put it into the message, or into a file such as AGENTS.md of the workspace");
    refuse(
        options.permissions() == PermissionPolicy.READ_ONLY
            && !profile.traits().permissionModes().contains("plan"),
        "the permission mode plan",
        "use default, and reject what it must not do");
    refuse(
        options.resume().isPresent() && !profile.traits().resumable(),
        "a conversation to go on with",
        "begin a new one");
  }

  private void refuse(boolean wanted, String what, String remedy) {
    if (wanted) {
      throw new AgentException(
          "invalid_options", "agent %s cannot be given %s".formatted(id(), what), remedy, null);
    }
  }
}
