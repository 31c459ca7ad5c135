package dev.dunes.agent.gemini;

import dev.dunes.agent.AgentOptions;
import dev.dunes.agent.AgentPlacement;
import dev.dunes.agent.InstallProgress;
import dev.dunes.agent.acp.AcpCommand;
import dev.dunes.agent.acp.AcpLaunch;
import dev.dunes.agent.drive.AgentHome;
import dev.dunes.agent.drive.JavaScriptProgram;
import dev.dunes.agent.drive.Json;
import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.Sandbox;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/**
 * How Gemini CLI is started. A model is always named: without one it asks another model first which
 * to take. Sheet "driving other agents", 2.1.
 */
final class GeminiLaunch implements AcpLaunch {
  private final JavaScriptProgram program;

  GeminiLaunch(JavaScriptProgram program) {
    this.program = program;
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
  public Command command(Sandbox sandbox, AgentHome home, AgentOptions options) {
    home.write(".gemini/settings.json", settings());
    List<String> argv = new ArrayList<>(program.in(sandbox, home));
    argv.addAll(List.of("--acp", "-m", options.model().orElse(GeminiAgent.DEFAULT_MODEL)));
    Map<String, String> env = new LinkedHashMap<>();
    env.put("GEMINI_API_KEY", options.access().token());
    env.put("GOOGLE_GEMINI_BASE_URL", options.access().baseUrl());
    env.put("GEMINI_CLI_NO_RELAUNCH", "true");
    return AcpCommand.of(argv, options, env);
  }

  /** Replaces what was there: a file that was uploaded grants nothing. */
  static String settings() {
    ObjectNode settings = Json.object();
    ObjectNode security = settings.putObject("security");
    security.putObject("auth").put("selectedType", "gemini-api-key");
    security.putObject("folderTrust").put("enabled", false);
    settings.putObject("privacy").put("usageStatisticsEnabled", false);
    settings.putObject("telemetry").put("enabled", false);
    settings
        .putObject("general")
        .put("enableAutoUpdate", false)
        .put("enableAutoUpdateNotification", false);
    return settings.toString();
  }
}
