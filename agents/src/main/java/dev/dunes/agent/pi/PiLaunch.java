package dev.dunes.agent.pi;

import static java.util.Objects.requireNonNull;

import dev.dunes.agent.AgentException;
import dev.dunes.agent.AgentOptions;
import dev.dunes.agent.ModelDialect;
import dev.dunes.agent.PermissionPolicy;
import dev.dunes.agent.acp.AcpCommand;
import dev.dunes.agent.drive.AgentHome;
import dev.dunes.agent.drive.Json;
import dev.dunes.sandbox.Command;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * How pi is started. Its models are in a file that holds the <i>name</i> of the variable with the
 * token. It has no permissions of its own: an extension asks for them.
 */
final class PiLaunch {
  static final String PROVIDER = "gw";

  private static final String TOKEN = "DUNES_MODEL_TOKEN";
  private static final String GATE = "gate.ts";

  /** The tools that change nothing. */
  private static final String LOOKING = "read,grep,find,ls";

  private final AgentOptions options;

  /**
   * @throws AgentException {@code invalid_options} for what pi cannot do
   */
  PiLaunch(AgentOptions options) {
    this.options = options;
    refuse(options.subagents().isPresent(), "has no subagents", "leave them out");
    refuse(options.maxBudgetUsd().isPresent(), "has no budget", "give the budget to the gateway");
    refuse(options.outputSchema().isPresent(), "takes no schema", "use another agent");
    refuse(
        options.mcpServers().filter(servers -> !servers.isEmpty()).isPresent(),
        "has no MCP",
        "use another agent");
    refuse(
        options.mode().filter(mode -> !List.of("build", "plan").contains(mode)).isPresent(),
        "has no mode '%s'".formatted(options.mode().orElse("")),
        "use build or plan");
    refuse(
        options
            .allowedTools()
            .filter(tools -> tools.stream().anyMatch(PiLaunch::narrowed))
            .isPresent(),
        "cannot narrow tools further",
        "name whole tools, such as read or bash");
    model();
  }

  private static boolean narrowed(String tool) {
    return !tool.matches("[A-Za-z0-9_-]+");
  }

  private static void refuse(boolean wanted, String why, String remedy) {
    if (wanted) {
      throw new AgentException("invalid_options", "pi " + why, remedy, null);
    }
  }

  private boolean anthropic() {
    return options.access().dialects().stream()
        .filter(each -> each != ModelDialect.GEMINI)
        .findFirst()
        .map(first -> first == ModelDialect.ANTHROPIC)
        .orElse(true);
  }

  private String model() {
    return options
        .model()
        .or(() ->
            Optional.ofNullable(
                options.access().modelNames().get("ANTHROPIC_DEFAULT_SONNET_MODEL")))
        .or(() -> Optional.of(anthropic() ? "claude-sonnet-4-5" : "gpt-5.1"))
        .filter(name -> !name.startsWith("-"))
        .orElseThrow(() ->
            new AgentException(
                "invalid_options", "that is no name of a model", "name a model", null));
  }

  /** Writes pi's files, and says how to start it. */
  Command command(List<String> start, AgentHome home) {
    home.write(".pi/agent/models.json", models(List.of(model())));
    home.write(".pi/agent/settings.json", "{\"enableInstallTelemetry\":false}");
    List<String> argv = new ArrayList<>(start);
    argv.addAll(List.of("--mode", "rpc", "--provider", PROVIDER, "--model", model()));
    argv.addAll(List.of("--no-extensions", "--no-prompt-templates", "--no-themes"));
    if (!options.skills()) {
      argv.add("--no-skills");
    }
    if (options.permissions() == PermissionPolicy.ASK) {
      argv.addAll(List.of("-e", home.write(".pi/dunes/" + GATE, gate())));
    }
    tools().ifPresent(argv::addAll);
    options.variant().ifPresent(level -> argv.addAll(List.of("--thinking", level)));
    options
        .resume()
        .ifPresent(id -> argv.addAll(List.of(options.fork() ? "--fork" : "--session", id)));
    systemPrompt(argv);
    Map<String, String> env =
        Map.of(
            "PI_OFFLINE",
            "1",
            "PI_CODING_AGENT_DIR",
            home.path() + "/.pi/agent",
            TOKEN,
            options.access().token());
    return AcpCommand.of(argv, options, env);
  }

  private Optional<List<String>> tools() {
    boolean looking =
        options.permissions() == PermissionPolicy.READ_ONLY
            || options.mode().equals(Optional.of("plan"));
    Optional<List<String>> named = options.allowedTools();
    if (named.isPresent()) {
      List<String> all =
          named.get().stream()
              .filter(tool -> !looking || List.of(LOOKING.split(",")).contains(tool))
              .toList();
      return Optional.of(
          all.isEmpty() ? List.of("--no-tools") : List.of("--tools", String.join(",", all)));
    }
    return looking ? Optional.of(List.of("--tools", LOOKING)) : Optional.empty();
  }

  private void systemPrompt(List<String> argv) {
    Optional<JsonNode> prompt = options.systemPrompt();
    prompt
        .filter(JsonNode::isString)
        .ifPresent(text -> argv.addAll(List.of("--system-prompt", text.asString())));
    prompt
        .filter(JsonNode::isObject)
        .flatMap(preset -> Json.text(preset, "append"))
        .ifPresent(text -> argv.addAll(List.of("--append-system-prompt", text)));
    options
        .appendSystemPrompt()
        .ifPresent(text -> argv.addAll(List.of("--append-system-prompt", text)));
  }

  private String models(List<String> names) {
    ObjectNode models = Json.object();
    ObjectNode provider = models.putObject("providers").putObject(PROVIDER);
    String base = options.access().baseUrl();
    provider.put("baseUrl", anthropic() ? base : base + "/v1");
    provider.put("api", anthropic() ? "anthropic-messages" : "openai-completions");
    provider.put("apiKey", TOKEN);
    for (String name : names) {
      ObjectNode model = provider.withArray("models").addObject();
      model.put("id", name).put("reasoning", true);
      model.putArray("input").add("text").add("image");
      model.put("contextWindow", 200_000).put("maxTokens", 8000);
    }
    return models.toString();
  }

  private static String gate() {
    try (InputStream in = requireNonNull(PiLaunch.class.getResourceAsStream(GATE), GATE)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
