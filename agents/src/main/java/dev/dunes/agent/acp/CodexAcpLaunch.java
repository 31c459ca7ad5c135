package dev.dunes.agent.acp;

import dev.dunes.agent.AgentOptions;
import dev.dunes.agent.AgentPlacement;
import dev.dunes.agent.InstallProgress;
import dev.dunes.agent.drive.AgentHome;
import dev.dunes.agent.drive.JavaScriptProgram;
import dev.dunes.agent.drive.Json;
import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.Sandbox;
import java.util.Map;
import java.util.Optional;

/** How codex-acp is started; it brings a Codex of its own. */
record CodexAcpLaunch(JavaScriptProgram program) implements AcpLaunch {
  private static final String TOKEN = "DUNES_MODEL_TOKEN";

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
    Map<String, String> env =
        Map.of("CODEX_HOME", home.path() + "/.codex", TOKEN, options.access().token());
    return AcpCommand.of(program.in(sandbox, home), options, env);
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
