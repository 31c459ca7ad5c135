package dev.dunes.agent.opencode;

import dev.dunes.agent.AgentException;
import dev.dunes.agent.AgentOptions;
import dev.dunes.agent.PermissionPolicy;
import dev.dunes.agent.drive.Json;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.StreamSupport;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What OpenCode is told by its environment. Its configuration is a variable, too, so nothing is
 * written into the home, and the token of the run is in a variable of its own.
 */
final class OpenCodeConfig {
  static final String PASSWORD = "OPENCODE_SERVER_PASSWORD";

  /** A variable longer than this cannot be handed to a program on Linux. */
  private static final int VARIABLE_LIMIT = 128 << 10;

  private static final String PRESET = "opencode";
  private static final String KEY = "GW_KEY";
  private static final String KEY_PLACE = "dunes:key";

  private static final int CONTEXT = 200_000;
  private static final int OUTPUT = 32_000;

  private final AgentOptions options;

  OpenCodeConfig(AgentOptions options) {
    this.options = options;
  }

  /** Sheet "driving agents", 2.2 and 2.5. */
  Map<String, String> environment(Set<OpenCodeModel> models, OpenCodeModel model, String password) {
    Map<String, String> env = new LinkedHashMap<>();
    env.put("LANG", "C.UTF-8");
    env.put("TERM", "dumb");
    env.put("NO_PROXY", "127.0.0.1,localhost");
    env.put("no_proxy", "127.0.0.1,localhost");
    for (String quiet :
        List.of("AUTOUPDATE", "MODELS_FETCH", "LSP_DOWNLOAD", "DEFAULT_PLUGINS", "SHARE")) {
      env.put("OPENCODE_DISABLE_" + quiet, "1");
    }
    if (!options.skills()) {
      env.put("OPENCODE_DISABLE_EXTERNAL_SKILLS", "1");
    }
    if (!options.skills() || options.permissions() != PermissionPolicy.ALLOW) {
      // A project could bring plugins, and those decide about permissions.
      env.put("OPENCODE_DISABLE_PROJECT_CONFIG", "1");
    }
    env.putAll(options.env());
    env.put(PASSWORD, password);
    env.put(KEY, options.access().token());
    env.put("OPENCODE_CONFIG_CONTENT", content(models, model));
    return env;
  }

  private String content(Set<OpenCodeModel> models, OpenCodeModel model) {
    ObjectNode config = Json.object();
    config.put("model", model.reference());
    config.put("small_model", model.reference());
    config.put("autoupdate", false);
    config.put("share", "disabled");
    ObjectNode providers = config.putObject("provider");
    models.forEach(each -> provider(providers, each));
    ArrayNode enabled = config.putArray("enabled_providers");
    providers.propertyNames().forEach(enabled::add);
    OpenCodeTools tools = new OpenCodeTools(options.permissions());
    config.set("permission", tools.permission(options.allowedTools()));
    ObjectNode agents = config.putObject("agent");
    modes(agents);
    options.subagents().ifPresent(subagents -> subagents(agents, subagents, tools));
    options.mcpServers().ifPresent(servers -> servers(config.putObject("mcp"), servers));
    // The configuration is searched for {env:…} and {file:…} before it is read as JSON.
    String text =
        config
            .toString()
            .replace("{env:", "\\u007benv:")
            .replace("{file:", "\\u007bfile:")
            .replace(KEY_PLACE, "{env:" + KEY + "}");
    if (text.getBytes(StandardCharsets.UTF_8).length >= VARIABLE_LIMIT - 64) {
      throw new AgentException(
          "invalid_options",
          "prompts, subagents and MCP servers of this session are too long for OpenCode",
          "keep all of them together below 120 KiB",
          null);
    }
    return text;
  }

  private void provider(ObjectNode providers, OpenCodeModel model) {
    ObjectNode provider =
        providers.get(model.provider().id()) instanceof ObjectNode there
            ? there
            : providers.putObject(model.provider().id());
    provider.put("npm", model.provider().npm());
    provider.put("name", "Gateway");
    provider
        .putObject("options")
        .put("baseURL", options.access().baseUrl() + "/v1")
        .put("apiKey", KEY_PLACE);
    ObjectNode models =
        provider.get("models") instanceof ObjectNode there ? there : provider.putObject("models");
    ObjectNode about = models.putObject(model.id());
    about.put("name", model.id()).put("attachment", true).put("reasoning", true);
    about.put("tool_call", true);
    ObjectNode modalities = about.putObject("modalities");
    modalities.putArray("input").add("text").add("image").add("pdf");
    modalities.putArray("output").add("text");
    about.putObject("limit").put("context", CONTEXT).put("output", OUTPUT);
  }

  /** The plan mode keeps its hands still, whatever else is allowed. */
  private void modes(ObjectNode agents) {
    ObjectNode plan = agents.putObject("plan");
    plan.putObject("permission").put("edit", "deny");
    options
        .systemPrompt()
        .filter(JsonNode::isString)
        .ifPresent(prompt -> {
          plan.put("prompt", prompt.asString());
          agents.putObject("build").put("prompt", prompt.asString());
        });
  }

  /** What follows the system prompt. */
  Optional<String> append() {
    Optional<JsonNode> object = options.systemPrompt().filter(JsonNode::isObject);
    object
        .flatMap(prompt -> Json.text(prompt, "preset"))
        .filter(preset -> !preset.equals(PRESET))
        .ifPresent(preset -> {
          throw new AgentException(
              "invalid_options",
              "OpenCode has no system prompt called '%s'".formatted(preset),
              "use " + PRESET + ", or a text",
              null);
        });
    Optional<String> own = object.flatMap(prompt -> Json.text(prompt, "append"));
    Optional<String> more = options.appendSystemPrompt();
    return own.isPresent() && more.isPresent()
        ? Optional.of(own.get() + "\n\n" + more.get())
        : own.or(() -> more);
  }

  private void subagents(ObjectNode agents, JsonNode subagents, OpenCodeTools tools) {
    if (subagents.isArray()) {
      for (JsonNode each : subagents) {
        String name =
            Json.text(each, "name")
                .orElseThrow(() ->
                    new AgentException(
                        "invalid_options",
                        "a subagent in the list has no name",
                        "give each one a name, or an object with names as keys",
                        null));
        agents.set(name, subagent(each, tools));
      }
    } else {
      subagents.forEachEntry((name, each) -> agents.set(name, subagent(each, tools)));
    }
  }

  private ObjectNode subagent(JsonNode given, OpenCodeTools tools) {
    ObjectNode agent = Json.object();
    agent.put("mode", "subagent");
    agent.put("description", Json.text(given, "description", ""));
    Json.text(given, "prompt").ifPresent(prompt -> agent.put("prompt", prompt));
    model(given).ifPresent(model -> agent.put("model", model.reference()));
    Json.value(given, "tools")
        .filter(JsonNode::isArray)
        .ifPresent(list ->
            agent.set(
                "permission",
                tools.permission(
                    Optional.of(
                        StreamSupport.stream(list.spliterator(), false)
                            .filter(JsonNode::isString)
                            .map(JsonNode::asString)
                            .toList()))));
    return agent;
  }

  private Optional<OpenCodeModel> model(JsonNode subagent) {
    return Json.text(subagent, "model")
        .filter(name -> !name.equals("inherit"))
        .map(name -> OpenCodeModel.of(Optional.of(name), options.access()));
  }

  /** The models that subagents have of their own. */
  List<OpenCodeModel> subagentModels() {
    return options.subagents().stream()
        .flatMap(given -> StreamSupport.stream(given.spliterator(), false))
        .flatMap(each -> model(each).stream())
        .toList();
  }

  private static void servers(ObjectNode into, JsonNode servers) {
    servers.forEachEntry((name, server) -> {
      ObjectNode one = into.putObject(name);
      one.put("enabled", true);
      Optional<String> url = Json.text(server, "url");
      if (url.isPresent()) {
        one.put("type", "remote").put("url", url.get()).put("oauth", false);
        Json.value(server, "headers").ifPresent(headers -> one.set("headers", headers));
        return;
      }
      String command =
          Json.text(server, "command")
              .orElseThrow(() ->
                  new AgentException(
                      "invalid_options",
                      "the MCP server '%s' has neither a command nor a url".formatted(name),
                      "give it one",
                      null));
      one.put("type", "local");
      one.putArray("command")
          .add(command)
          .addAll(StreamSupport.stream(server.path("args").spliterator(), false).toList());
      Json.value(server, "env").ifPresent(env -> one.set("environment", env));
    });
  }
}
