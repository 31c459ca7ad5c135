package dev.dunes.agent.acp;

import dev.dunes.agent.AgentException;
import dev.dunes.agent.AgentOptions;
import dev.dunes.agent.AgentPlacement;
import dev.dunes.agent.InstallProgress;
import dev.dunes.agent.ModelDialect;
import dev.dunes.agent.PermissionPolicy;
import dev.dunes.agent.drive.AgentHome;
import dev.dunes.agent.drive.InstalledProgram;
import dev.dunes.agent.drive.Json;
import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.Sandbox;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/** How {@code opencode acp} is started. Sheet "driving agents", 2.5. */
record OpenCodeAcpLaunch(InstalledProgram program) implements AcpLaunch {
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
    Map<String, String> env = new LinkedHashMap<>();
    for (String off :
        List.of("AUTOUPDATE", "MODELS_FETCH", "LSP_DOWNLOAD", "DEFAULT_PLUGINS", "SHARE")) {
      env.put("OPENCODE_DISABLE_" + off, "1");
    }
    env.put(TOKEN, options.access().token());
    env.put("OPENCODE_CONFIG_CONTENT", config(options));
    return AcpCommand.of(List.of(program.in(sandbox, home), "acp"), options, env);
  }

  private static String config(AgentOptions options) {
    String model =
        options
            .model()
            .orElseThrow(() ->
                new AgentException(
                    "invalid_options",
                    "OpenCode over ACP must be told its model",
                    "name a model",
                    null));
    boolean anthropic =
        options.access().dialects().stream()
            .filter(each -> each != ModelDialect.GEMINI)
            .findFirst()
            .equals(Optional.of(ModelDialect.ANTHROPIC));
    ObjectNode config = Json.object();
    config.put("model", "gw/" + model).put("small_model", "gw/" + model);
    config.put("autoupdate", false).put("share", "disabled");
    config.putArray("enabled_providers").add("gw");
    ObjectNode provider = config.putObject("provider").putObject("gw");
    provider.put("npm", anthropic ? "@ai-sdk/anthropic" : "@ai-sdk/openai-compatible");
    provider
        .putObject("options")
        .put("baseURL", options.access().baseUrl() + "/v1")
        .put("apiKey", "{env:" + TOKEN + "}");
    ObjectNode named = provider.putObject("models").putObject(model);
    named.put("attachment", true);
    named.putObject("modalities").putArray("input").add("text").add("image");
    ((ObjectNode) named.get("modalities")).putArray("output").add("text");
    named.putObject("limit").put("context", 200_000).put("output", 8000);
    if (options.permissions() != PermissionPolicy.ALLOW) {
      config
          .putObject("permission")
          .put("bash", "ask")
          .put("edit", "ask")
          .put("webfetch", "ask")
          .put("external_directory", "ask");
    }
    return config.toString();
  }
}
