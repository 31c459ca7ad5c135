package dev.dunes.agent.acp;

import dev.dunes.agent.Agent;
import dev.dunes.agent.AgentCapabilities;
import dev.dunes.agent.AgentMode;
import dev.dunes.agent.AgentModels;
import dev.dunes.agent.AgentTraits;
import dev.dunes.agent.ModelDialect;
import dev.dunes.agent.PermissionPolicy;
import dev.dunes.agent.drive.InstalledProgram;
import dev.dunes.agent.drive.JavaScriptProgram;
import dev.dunes.agent.install.AgentInstaller;
import dev.dunes.agent.install.JavaScriptPin;
import dev.dunes.agent.install.Pin;
import dev.dunes.agent.install.Pins;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * The agents that are driven over ACP and are known by name: what differs between them, as sheet
 * "driving other agents", 2.4, has it. Gemini CLI is in a package of its own.
 */
public final class AcpAgents {
  static final String CLAUDE = "claude-acp";
  static final String CODEX = "codex-acp";
  static final String OPENCODE = "opencode-acp";

  private static final AgentMode BUILD = new AgentMode("build", "Build", "Default build mode");
  private static final AgentMode PLAN = new AgentMode("plan", "Plan", "Planning mode");

  static final AcpProfile CLAUDE_PROFILE =
      new AcpProfile(
          CLAUDE,
          traits(true, ModelDialect.ANTHROPIC, List.of("default", "plan", "bypass")),
          AgentModels.NONE,
          Map.of(PermissionPolicy.READ_ONLY, "plan"),
          Map.of("build", "default"),
          AcpProfile.ToolNames.TOLD,
          false,
          "",
          Optional.empty(),
          List.of(".claude/projects"));

  static final AcpProfile CODEX_PROFILE =
      new AcpProfile(
          CODEX,
          traits(true, ModelDialect.OPENAI, List.of("default", "bypass")),
          AgentModels.NONE,
          // Read-only is the mode that asks; see CodexAcpLaunch for the rest.
          Map.of(
              PermissionPolicy.ALLOW, "agent-full-access",
              PermissionPolicy.ASK, "read-only"),
          Map.of("build", "collaboration_mode=default", "plan", "collaboration_mode=plan"),
          AcpProfile.ToolNames.TOLD,
          true,
          "",
          Optional.of("CODEX_CI=1"),
          List.of(".codex/sessions"));

  static final AcpProfile OPENCODE_PROFILE =
      new AcpProfile(
          OPENCODE,
          traits(false, ModelDialect.OPENAI, List.of("default", "plan", "bypass")),
          AgentModels.NONE,
          Map.of(PermissionPolicy.READ_ONLY, "plan"),
          Map.of(),
          AcpProfile.ToolNames.FIRST_TITLE,
          false,
          "",
          Optional.empty(),
          List.of(".local/share/opencode"));

  private AcpAgents() {}

  private static AgentTraits traits(
      boolean questions, ModelDialect dialect, List<String> permissionModes) {
    return new AgentTraits(
        capabilities(questions),
        List.of(BUILD, PLAN),
        true,
        permissionModes,
        List.of(dialect),
        true,
        false,
        Optional.empty());
  }

  /** What an adapter of ACP delivers when the agent does. */
  private static AgentCapabilities capabilities(boolean questions) {
    return new AgentCapabilities(
        true, true, questions, true, true, true, true, true, true, true, true, true, true, true,
        true, true, false, false);
  }

  /** Claude Code through the adapter of the protocol's authors. */
  public static Agent claude(AgentInstaller installer) {
    return claude(installer, () -> Pins.javaScript(CLAUDE));
  }

  static Agent claude(AgentInstaller installer, Supplier<JavaScriptPin> pin) {
    return new AcpAgent(CLAUDE_PROFILE, new ClaudeAcpLaunch(new JavaScriptProgram(installer, pin)));
  }

  /** Codex through the adapter of the protocol's authors. */
  public static Agent codex(AgentInstaller installer) {
    return codex(installer, () -> Pins.javaScript(CODEX));
  }

  static Agent codex(AgentInstaller installer, Supplier<JavaScriptPin> pin) {
    return new AcpAgent(CODEX_PROFILE, new CodexAcpLaunch(new JavaScriptProgram(installer, pin)));
  }

  /** OpenCode by its own {@code acp} command. */
  public static Agent openCode(AgentInstaller installer) {
    return openCode(installer, () -> Pins.of("opencode"));
  }

  static Agent openCode(AgentInstaller installer, Supplier<Pin> pin) {
    return new AcpAgent(
        OPENCODE_PROFILE, new OpenCodeAcpLaunch(InstalledProgram.of(installer, pin)));
  }
}
