package dev.dunes.agent.claude;

import dev.dunes.agent.AgentException;
import dev.dunes.agent.AgentOptions;
import dev.dunes.agent.drive.Json;
import dev.dunes.sandbox.Command;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * How Claude Code is started: arguments, environment, and the first request, which carries what may
 * be long. Nothing secret is in the arguments: they can be seen by every user of the host.
 */
final class ClaudeLaunch {
  /** A day: while nobody reads, hooks wait; when it is over the call is refused. */
  private static final int HOOK_TIMEOUT_SECONDS = 86_400;

  static final String TOOL_HOOK = "tools";

  /** The agent's own prompt. */
  private static final String PRESET = "claude_code";

  private final AgentOptions options;
  private final ToolPolicy tools;

  ClaudeLaunch(AgentOptions options, ToolPolicy tools) {
    this.options = options;
    this.tools = tools;
  }

  /**
   * The command.
   *
   * @param mcpConfig the file that holds the MCP servers, if any
   */
  Command command(String program, Optional<String> mcpConfig) {
    List<String> argv = new ArrayList<>();
    argv.add(program);
    argv.addAll(List.of("-p", "--input-format", "stream-json", "--output-format", "stream-json"));
    argv.add("--verbose");
    if (options.partialMessages()) {
      argv.add("--include-partial-messages");
    }
    permissions(argv);
    argv.addAll(List.of("--setting-sources", options.skills() ? "user,project" : "user"));
    argv.add("--strict-mcp-config");
    mcpConfig.ifPresent(file -> argv.addAll(List.of("--mcp-config", file)));
    options.model().ifPresent(model -> argv.addAll(List.of("--model", model)));
    options.variant().ifPresent(effort -> argv.addAll(List.of("--effort", effort)));
    options
        .maxTurns()
        .ifPresent(turns -> argv.addAll(List.of("--max-turns", String.valueOf(turns))));
    options
        .maxBudgetUsd()
        .ifPresent(usd -> argv.addAll(List.of("--max-budget-usd", String.valueOf(usd))));
    options.resume().ifPresent(id -> argv.addAll(List.of("--resume", id)));
    if (options.resume().isPresent() && options.fork()) {
      argv.add("--fork-session");
    }
    tools.builtIn().ifPresent(list -> argv.addAll(List.of("--tools", list)));
    return Command.builder(argv)
        .workingDir(options.workingDir())
        .env(environment())
        .openStdin()
        .build();
  }

  private void permissions(List<String> argv) {
    boolean plans = ClaudeModes.plans(options);
    switch (options.permissions()) {
      case ALLOW -> {
        argv.addAll(List.of("--permission-mode", plans ? "plan" : "bypassPermissions"));
        argv.add("--allow-dangerously-skip-permissions");
      }
      case ASK -> {
        argv.addAll(List.of("--permission-prompt-tool", "stdio"));
        if (plans) {
          argv.addAll(List.of("--permission-mode", "plan"));
        }
      }
      case READ_ONLY -> argv.addAll(List.of("--permission-mode", "plan"));
    }
  }

  /** Sheets "driving agents" 2.2, 2.3 and "query API" 2.9. */
  private Map<String, String> environment() {
    Map<String, String> env = new LinkedHashMap<>();
    env.put("LANG", "C.UTF-8");
    env.put("TERM", "dumb");
    env.put("NO_PROXY", "127.0.0.1,localhost");
    env.put("no_proxy", "127.0.0.1,localhost");
    env.put("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1");
    env.put("DISABLE_AUTOUPDATER", "1");
    env.put("ENABLE_TOOL_SEARCH", "0");
    // Half a minute for a model that is overloaded or limits its rate. A wrong key has to be told
    // within 5 s (Q10), and is: the gateway says of it that trying again is no use.
    env.put("CLAUDE_CODE_MAX_RETRIES", "5");
    // What it is; and root may not skip permissions without it.
    env.put("IS_SANDBOX", "1");
    env.putAll(options.env());
    env.putAll(options.access().modelNames());
    env.put("ANTHROPIC_BASE_URL", options.access().baseUrl());
    env.put("ANTHROPIC_AUTH_TOKEN", options.access().token());
    // Empty, not absent: the agent then sends the token alone.
    env.put("ANTHROPIC_API_KEY", "");
    return env;
  }

  /** What is asked for at the start, if anything. */
  Optional<ObjectNode> initialize() {
    ObjectNode request = Json.object();
    if (tools.restricts()) {
      ObjectNode hook = Json.object();
      hook.put("matcher", "");
      hook.putArray("hookCallbackIds").add(TOOL_HOOK);
      hook.put("timeout", HOOK_TIMEOUT_SECONDS);
      request.putObject("hooks").putArray("PreToolUse").add(hook);
    }
    options.subagents().ifPresent(agents -> request.set("agents", byName(agents)));
    systemPrompt().ifPresent(text -> request.put("systemPrompt", text));
    append().ifPresent(text -> request.put("appendSystemPrompt", text));
    options.outputSchema().ifPresent(schema -> request.set("jsonSchema", schema));
    return request.isEmpty() ? Optional.empty() : Optional.of(request.put("subtype", "initialize"));
  }

  /** The agent itself knows only the object and ignores a list without a word. */
  private static JsonNode byName(JsonNode agents) {
    if (!agents.isArray()) {
      return agents;
    }
    ObjectNode named = Json.object();
    for (JsonNode each : agents) {
      String name =
          Json.text(each, "name")
              .orElseThrow(() ->
                  new AgentException(
                      "invalid_options",
                      "a subagent in the list has no name",
                      "give each one a name, or an object with names as keys",
                      null));
      named.set(name, each);
    }
    return named;
  }

  private Optional<String> systemPrompt() {
    return options.systemPrompt().filter(JsonNode::isString).map(JsonNode::asString);
  }

  /** Of the object form, see {@link AgentOptions#systemPrompt()}, only this is ours to pass on. */
  private Optional<String> append() {
    options
        .systemPrompt()
        .flatMap(prompt -> Json.text(prompt, "preset"))
        .filter(preset -> !preset.equals(PRESET))
        .ifPresent(preset -> {
          throw new AgentException(
              "invalid_options",
              "unknown preset '%s' of a system prompt".formatted(preset),
              "use " + PRESET + ", or a text",
              null);
        });
    Optional<String> own =
        options
            .systemPrompt()
            .filter(JsonNode::isObject)
            .flatMap(preset -> Json.text(preset, "append"));
    Optional<String> more = options.appendSystemPrompt();
    if (own.isPresent() && more.isPresent()) {
      return Optional.of(own.get() + "\n\n" + more.get());
    }
    return own.or(() -> more);
  }

  /** The settings file; the agent's own are replaced. Query API, sheet 2.12. */
  String settings() {
    ObjectNode settings = Json.object();
    ObjectNode permissions = settings.putObject("permissions");
    permissions.putArray("allow");
    permissions.putArray("deny");
    if (!options.skills()) {
      settings.putObject("env").put("CLAUDE_CODE_DISABLE_EXPERIMENTAL_BETAS", "1");
    }
    return settings.toString();
  }

  Optional<String> mcpConfig() {
    return options
        .mcpServers()
        .filter(servers -> !servers.isEmpty())
        .map(servers -> Json.object().set("mcpServers", servers).toString());
  }
}
