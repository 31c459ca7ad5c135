package dev.dunes.agent.gemini;

import dev.dunes.agent.Agent;
import dev.dunes.agent.AgentCapabilities;
import dev.dunes.agent.AgentMode;
import dev.dunes.agent.AgentModels;
import dev.dunes.agent.AgentTraits;
import dev.dunes.agent.ModelDialect;
import dev.dunes.agent.PermissionPolicy;
import dev.dunes.agent.acp.AcpAgent;
import dev.dunes.agent.acp.AcpProfile;
import dev.dunes.agent.drive.JavaScriptProgram;
import dev.dunes.agent.install.AgentInstaller;
import dev.dunes.agent.install.JavaScriptPin;
import dev.dunes.agent.install.Pins;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Gemini CLI, version {@link Pins}: a row of what is known of ACP agents, and how it is started.
 */
public final class GeminiAgent {
  /** Taken when none is named. */
  static final String DEFAULT_MODEL = "gemini-2.5-pro";

  private static final String ID = "gemini";

  /** What this adapter delivers. */
  private static final AgentCapabilities CAPABILITIES =
      new AgentCapabilities(
          true, true, false, true, true, true, true, true, true, true, true, true, true, true, true,
          true, false, false);

  static final AcpProfile PROFILE =
      new AcpProfile(
          ID,
          new AgentTraits(
              CAPABILITIES,
              List.of(
                  new AgentMode("build", "Build", "Default build mode"),
                  new AgentMode("plan", "Plan", "Read-only mode")),
              true,
              List.of("default", "plan", "bypass"),
              List.of(ModelDialect.GEMINI),
              false,
              false,
              Optional.empty()),
          new AgentModels(
              List.of(model("gemini-2.5-pro"), model("gemini-2.5-flash")),
              Optional.of(DEFAULT_MODEL)),
          Map.of(PermissionPolicy.READ_ONLY, "plan"),
          Map.of("build", "default"),
          AcpProfile.ToolNames.ID,
          false,
          "****\n",
          Optional.empty(),
          List.of());

  private GeminiAgent() {}

  private static AgentModels.Model model(String id) {
    return new AgentModels.Model(id, Optional.empty(), List.of(), Optional.empty());
  }

  /** The agent. */
  public static Agent of(AgentInstaller installer) {
    return of(installer, () -> Pins.javaScript(ID));
  }

  /** With another program, for tests. */
  static Agent of(AgentInstaller installer, Supplier<JavaScriptPin> pin) {
    return new AcpAgent(PROFILE, new GeminiLaunch(new JavaScriptProgram(installer, pin)));
  }
}
