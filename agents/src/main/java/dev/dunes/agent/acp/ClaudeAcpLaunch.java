package dev.dunes.agent.acp;

import dev.dunes.agent.AgentOptions;
import dev.dunes.agent.AgentPlacement;
import dev.dunes.agent.InstallProgress;
import dev.dunes.agent.drive.AgentHome;
import dev.dunes.agent.drive.JavaScriptProgram;
import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.Sandbox;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** How claude-agent-acp is started; it brings a Claude Code of its own. */
record ClaudeAcpLaunch(JavaScriptProgram program) implements AcpLaunch {
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
    home.write(".claude/settings.json", "{\"permissions\":{\"allow\":[],\"deny\":[]}}");
    Map<String, String> env = new LinkedHashMap<>();
    env.put("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1");
    env.put("DISABLE_AUTOUPDATER", "1");
    env.put("ENABLE_TOOL_SEARCH", "0");
    env.put("IS_SANDBOX", "1");
    env.putAll(options.access().modelNames());
    options.model().ifPresent(model -> env.put("ANTHROPIC_MODEL", model));
    env.put("ANTHROPIC_BASE_URL", options.access().baseUrl());
    env.put("ANTHROPIC_AUTH_TOKEN", options.access().token());
    env.put("ANTHROPIC_API_KEY", "");
    return AcpCommand.of(program.in(sandbox, home), options, env);
  }
}
