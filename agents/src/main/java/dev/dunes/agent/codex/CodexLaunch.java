package dev.dunes.agent.codex;

import dev.dunes.agent.AgentException;
import dev.dunes.agent.AgentOptions;
import dev.dunes.agent.PermissionPolicy;
import dev.dunes.agent.drive.AgentHome;
import dev.dunes.agent.drive.Json;
import dev.dunes.sandbox.Command;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * How Codex is started: its configuration, its environment, and the request that opens its thread.
 * The token is in the environment only, and commands of the agent do not get it. Sheet "driving
 * agents", 2.4.
 */
final class CodexLaunch {
  /** The variable that holds the token; commands are started without it. */
  private static final String TOKEN = "DUNES_MODEL_TOKEN";

  private final AgentOptions options;

  /**
   * @throws AgentException {@code invalid_options} for what Codex cannot do
   */
  CodexLaunch(AgentOptions options) {
    this.options = options;
    refuse(
        options.allowedTools().isPresent(),
        "Codex cannot be restricted to some tools",
        "leave out the allowed tools, or let it ask (permission mode default)");
    refuse(
        options.subagents().isPresent(),
        "Codex takes no subagents from outside",
        "leave them out; Codex starts its own");
    refuse(
        options.maxBudgetUsd().isPresent(),
        "Codex does not count what its models cost",
        "give the budget to the gateway");
  }

  private static void refuse(boolean wanted, String why, String remedy) {
    if (wanted) {
      throw new AgentException("invalid_options", why, remedy, null);
    }
  }

  /** {@code config.toml}; what was there is replaced. */
  String config() {
    return """
    model_provider = "gw"
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
    plugins = false
    default_mode_request_user_input = %s
    """
        .formatted(
            Json.MAPPER.writeValueAsString(options.access().baseUrl() + "/v1"),
            TOKEN,
            TOKEN,
            options.permissions() != PermissionPolicy.ALLOW);
  }

  Command command(String program, AgentHome home) {
    return Command.builder(List.of(program, "app-server"))
        .workingDir(options.workingDir())
        .env(environment(home))
        .openStdin()
        .build();
  }

  private Map<String, String> environment(AgentHome home) {
    Map<String, String> env = new LinkedHashMap<>();
    env.put("LANG", "C.UTF-8");
    env.put("TERM", "dumb");
    env.put("NO_PROXY", "127.0.0.1,localhost");
    env.put("no_proxy", "127.0.0.1,localhost");
    env.putAll(options.env());
    env.put("CODEX_HOME", home.path() + "/" + CodexAgent.HOME);
    env.put(TOKEN, options.access().token());
    return env;
  }

  static ObjectNode initialize() {
    ObjectNode params = Json.object();
    params.putObject("clientInfo").put("name", "dunes").put("title", "Dunes").put("version", "0.1");
    params.putObject("capabilities").put("experimentalApi", true);
    return params;
  }

  /** The method that opens the thread. */
  String method() {
    if (options.resume().isEmpty()) {
      return "thread/start";
    }
    return options.fork() ? "thread/fork" : "thread/resume";
  }

  /** Its parameters. */
  ObjectNode thread() {
    ObjectNode params = Json.object();
    options.resume().ifPresent(id -> params.put("threadId", id).put("excludeTurns", true));
    params.put("cwd", options.workingDir());
    params.put(
        "approvalPolicy", options.permissions() == PermissionPolicy.ALLOW ? "never" : "untrusted");
    // Ours is around it, and allows no further one inside.
    params.put("sandbox", "danger-full-access");
    options.model().ifPresent(model -> params.put("model", model));
    instructions(params);
    ObjectNode config = Json.object();
    mcpServers().ifPresent(servers -> config.set("mcp_servers", servers));
    if (!config.isEmpty()) {
      params.set("config", config);
    }
    return params;
  }

  private void instructions(ObjectNode params) {
    Optional<JsonNode> prompt = options.systemPrompt();
    prompt
        .filter(JsonNode::isString)
        .ifPresent(text -> params.put("baseInstructions", text.asString()));
    Optional<String> own =
        prompt.filter(JsonNode::isObject).flatMap(preset -> Json.text(preset, "append"));
    Optional<String> more = options.appendSystemPrompt();
    Optional<String> both =
        own.isPresent() && more.isPresent()
            ? Optional.of(own.get() + "\n\n" + more.get())
            : own.or(() -> more);
    both.ifPresent(text -> params.put("developerInstructions", text));
  }

  /** From the form all agents share, {@code {command,args,env}} or {@code {type,url,headers}}. */
  private Optional<ObjectNode> mcpServers() {
    Optional<JsonNode> servers = options.mcpServers().filter(given -> !given.isEmpty());
    if (servers.isEmpty()) {
      return Optional.empty();
    }
    ObjectNode own = Json.object();
    servers.get().forEachEntry((name, server) -> own.set(name, mcpServer(name, server)));
    return Optional.of(own);
  }

  private static ObjectNode mcpServer(String name, JsonNode server) {
    ObjectNode own = Json.object();
    Optional<String> command = Json.text(server, "command");
    Optional<String> url = Json.text(server, "url");
    if (command.isPresent()) {
      own.put("command", command.get());
      for (String key : List.of("args", "env", "cwd")) {
        Json.value(server, key).ifPresent(value -> own.set(key, value));
      }
    } else if (url.isPresent() && !Json.text(server, "type", "http").equals("sse")) {
      own.put("url", url.get());
      Json.value(server, "headers").ifPresent(headers -> own.set("http_headers", headers));
    } else {
      throw new AgentException(
          "invalid_options",
          "Codex cannot use the MCP server '%s'".formatted(name),
          "give it a command, or a url that speaks streamable HTTP",
          null);
    }
    return own;
  }
}
