package dev.dunes.agent.acp;

import static java.util.Objects.requireNonNull;

import dev.dunes.agent.AgentOptions;
import dev.dunes.agent.AgentPlacement;
import dev.dunes.agent.InstallProgress;
import dev.dunes.agent.PermissionPolicy;
import dev.dunes.agent.drive.AgentHome;
import dev.dunes.agent.drive.JavaScriptProgram;
import dev.dunes.agent.drive.Json;
import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.Sandbox;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** How codex-acp is started; it brings a Codex of its own. */
record CodexAcpLaunch(JavaScriptProgram program) implements AcpLaunch {
  private static final String TOKEN = "DUNES_MODEL_TOKEN";
  private static final String ASKS = "codex.cjs";

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
    home.write(".codex/config.toml", config(options));
    List<String> started = program.in(sandbox, home);
    Map<String, String> env = new LinkedHashMap<>();
    env.put("CODEX_HOME", home.path() + "/.codex");
    env.put(TOKEN, options.access().token());
    if (options.permissions() == PermissionPolicy.ASK) {
      env.put("CODEX_PATH", home.program(".codex/dunes-codex.cjs", between(started)));
    }
    return AcpCommand.of(started, options, env);
  }

  /** What has Codex ask without a sandbox of its own. */
  private static String between(List<String> started) {
    String script = started.getLast();
    String packages = script.substring(0, script.indexOf("/@agentclientprotocol/"));
    try (InputStream in = requireNonNull(CodexAcpLaunch.class.getResourceAsStream(ASKS), ASKS)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8)
          .replace("{{NODE}}", started.getFirst())
          .replace("{{CODEX}}", packages + "/@openai/codex/bin/codex.js");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What was there is replaced; commands are started without the token. */
  private static String config(AgentOptions options) {
    return """
    %smodel_provider = "gw"
    check_for_update_on_startup = false

    [model_providers.gw]
    name = "gw"
    base_url = %s
    env_key = "%s"
    wire_api = "responses"
    request_max_retries = 3
    stream_max_retries = 3

    [shell_environment_policy]
    exclude = ["%s"]

    [analytics]
    enabled = false

    [features]
    default_mode_request_user_input = true
    """
        .formatted(
            options.model().map(model -> "model = " + quoted(model) + "\n").orElse(""),
            quoted(options.access().baseUrl() + "/v1"),
            TOKEN,
            TOKEN);
  }

  private static String quoted(String text) {
    return Json.MAPPER.writeValueAsString(text);
  }
}
