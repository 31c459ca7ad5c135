package dev.dunes.session;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Puts a request over the configuration: what the request says wins. Query API 2.8, "Merge". */
final class RunPlanner {
  private final RunRequest request;
  private final ProjectConfig config;
  private final Map<String, String> variables;
  private final Path directory;

  RunPlanner(
      RunRequest request, ProjectConfig config, Map<String, String> variables, Path directory) {
    this.request = request;
    this.config = config;
    this.variables = variables;
    this.directory = directory;
  }

  /**
   * The plan.
   *
   * @param memories what is known about the user, as a prefix; may be empty
   * @throws RunFailedException of code {@code CONFIG}
   */
  RunPlan plan(String memories) {
    Map<String, Map<String, byte[]>> skills = skills();
    boolean hasSkills = !skills.isEmpty() || config.templateSkills();
    String append = memories + config.systemPromptAppend().orElse("");
    Optional<JsonNode> systemPrompt = config.systemPrompt().map(prompt -> joined(prompt, append));
    return new RunPlan(
        request.model().or(config::model),
        request.maxTurns().isPresent() ? request.maxTurns() : config.maxTurns(),
        systemPrompt,
        systemPrompt.isPresent() || append.isEmpty() ? Optional.empty() : Optional.of(append),
        allowedTools(hasSkills),
        subagents(),
        mcpServers(),
        outputSchema(),
        skills,
        hasSkills);
  }

  private Optional<List<String>> allowedTools(boolean hasSkills) {
    if (request.allowedTools().isPresent()) {
      return request.allowedTools();
    }
    return config
        .allowedTools()
        .map(tools -> {
          if (!hasSkills || tools.contains("Skill")) {
            return tools;
          }
          List<String> more = new ArrayList<>(tools);
          more.add("Skill");
          return more;
        });
  }

  private static JsonNode joined(JsonNode prompt, String append) {
    if (append.isEmpty()) {
      return prompt;
    }
    if (prompt.isString()) {
      return Json.MAPPER.getNodeFactory().stringNode(joined(prompt.asString(), append));
    }
    ObjectNode object = ((ObjectNode) prompt).deepCopy();
    return object.put("append", joined(Json.string(object, "append").orElse(""), append));
  }

  private static String joined(String first, String second) {
    return first.isEmpty() ? second : first + "\n\n" + second;
  }

  private Optional<JsonNode> subagents() {
    Optional<JsonNode> configured = config.agents();
    boolean array = configured.filter(JsonNode::isArray).isPresent();
    Optional<JsonNode> extra = request.extraAgents().filter(agents -> !agents.isEmpty());
    if (array) {
      if (extra.isPresent() || request.allowedAgents().isPresent()) {
        throw new RunFailedException(
            FailureCode.CONFIG,
            "sandstorm.json: agents is an array, which extra_agents and allowed_agents cannot"
                + " change; write it as an object of names");
      }
      return configured;
    }
    Map<String, JsonNode> merged = new LinkedHashMap<>();
    configured.ifPresent(
        all -> all.properties().forEach(a -> merged.put(a.getKey(), a.getValue())));
    extra.ifPresent(all -> all.properties().forEach(a -> merged.put(a.getKey(), a.getValue())));
    request.allowedAgents().ifPresent(allowed -> merged.keySet().retainAll(allowed));
    if (merged.isEmpty()) {
      return Optional.empty();
    }
    ObjectNode agents = Json.object();
    merged.forEach((name, agent) -> agents.set(name, subagent(name, agent)));
    return Optional.of(agents);
  }

  private static JsonNode subagent(String name, JsonNode agent) {
    if (!(agent instanceof ObjectNode object)) {
      throw new RunFailedException(
          FailureCode.CONFIG, "sandstorm.json: agents.%s must be an object".formatted(name));
    }
    ObjectNode copy = object.deepCopy();
    JsonNode prompt = copy.remove("system_prompt");
    if (prompt != null && !copy.has("prompt")) {
      copy.set("prompt", prompt);
    }
    if (!copy.has("description")) {
      copy.put("description", name);
    }
    return copy;
  }

  private Optional<ObjectNode> mcpServers() {
    return config
        .mcpServers()
        .map(all -> {
          ObjectNode chosen = all.deepCopy();
          request
              .allowedMcpServers()
              .ifPresent(allowed -> {
                for (String name : List.copyOf(chosen.propertyNames())) {
                  if (!allowed.contains(name)) {
                    chosen.remove(name);
                  }
                }
              });
          return McpServers.expand(chosen, variables);
        })
        .filter(servers -> !servers.isEmpty());
  }

  private Map<String, Map<String, byte[]>> skills() {
    Map<String, Map<String, byte[]>> merged = new LinkedHashMap<>();
    if (!config.templateSkills()) {
      config.skillsDir().ifPresent(dir -> merged.putAll(Skills.load(directory.resolve(dir))));
    }
    request.extraSkills().forEach((name, text) -> merged.put(name, Skills.inline(text)));
    request.allowedSkills().ifPresent(allowed -> merged.keySet().retainAll(allowed));
    return merged;
  }

  private Optional<JsonNode> outputSchema() {
    Optional<JsonNode> format =
        request.outputFormat().or(config::outputFormat).filter(f -> !f.isEmpty());
    return format.map(f -> {
      if (!f.path("type").asString("").equals("json_schema") || !f.path("schema").isObject()) {
        throw new RunFailedException(
            FailureCode.CONFIG,
            "output_format must be {\"type\":\"json_schema\",\"schema\":{…}} or {}");
      }
      return f.get("schema");
    });
  }
}
