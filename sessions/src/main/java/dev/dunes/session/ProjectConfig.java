package dev.dunes.session;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * {@code sandstorm.json}, read and checked. Fields that are wrong but restrict nothing are dropped
 * with a warning; those that restrict ({@code allowed_tools}, {@code runtime}, {@code mcp_servers})
 * make the whole file bad. Query API 2.8.
 */
public final class ProjectConfig {
  /** No file. */
  public static final ProjectConfig EMPTY = new ProjectConfig(Json.object());

  private static final Logger LOG = LoggerFactory.getLogger(ProjectConfig.class);

  /** Known and of no effect here: they belong to integrations that Dunes does not have. */
  private static final Set<String> IGNORED = Set.of("channels", "webhook_url");

  private static final List<String> KNOWN =
      List.of(
          "system_prompt",
          "system_prompt_append",
          "model",
          "max_turns",
          "timeout",
          "output_format",
          "agents",
          "mcp_servers",
          "skills_dir",
          "template_skills",
          "allowed_tools",
          "runtime",
          "triggers");

  private final ObjectNode fields;

  private ProjectConfig(ObjectNode fields) {
    this.fields = fields;
  }

  /**
   * Reads a file's text.
   *
   * @throws IllegalArgumentException with one line that says what is wrong
   */
  static ProjectConfig parse(byte[] text) {
    JsonNode root =
        Json.parse(text).orElseThrow(() -> new IllegalArgumentException("invalid JSON"));
    if (!(root instanceof ObjectNode object)) {
      throw new IllegalArgumentException("must be a JSON object");
    }
    ObjectNode kept = Json.object();
    object
        .properties()
        .forEach(field -> {
          String name = field.getKey();
          JsonNode value = field.getValue();
          if (IGNORED.contains(name)) {
            return;
          }
          Optional<String> wrong = problem(name, value);
          if (wrong.isEmpty()) {
            kept.set(name, value);
          } else if (Set.of("allowed_tools", "runtime", "mcp_servers").contains(name)) {
            throw new IllegalArgumentException(name + " " + wrong.get());
          } else {
            LOG.warn("sandstorm.json: {} {}; ignored", name, wrong.get());
          }
        });
    return new ProjectConfig(kept);
  }

  Optional<JsonNode> systemPrompt() {
    return field("system_prompt");
  }

  Optional<String> systemPromptAppend() {
    return field("system_prompt_append").map(JsonNode::asString);
  }

  /** The model runs use unless their request names one. */
  public Optional<String> model() {
    return field("model").map(JsonNode::asString);
  }

  OptionalInt maxTurns() {
    return integer("max_turns");
  }

  OptionalInt timeoutSeconds() {
    return integer("timeout");
  }

  Optional<JsonNode> outputFormat() {
    return field("output_format");
  }

  Optional<JsonNode> agents() {
    return field("agents");
  }

  Optional<ObjectNode> mcpServers() {
    return field("mcp_servers").map(node -> (ObjectNode) node);
  }

  Optional<String> skillsDir() {
    return field("skills_dir").map(JsonNode::asString);
  }

  boolean templateSkills() {
    return field("template_skills").map(JsonNode::booleanValue).orElse(false);
  }

  Optional<List<String>> allowedTools() {
    return field("allowed_tools")
        .map(array -> array.valueStream().map(JsonNode::asString).toList());
  }

  /** The provider the project wants. */
  public Optional<String> provider() {
    return field("runtime").flatMap(runtime -> Json.string(runtime, "provider"));
  }

  Optional<JsonNode> triggers() {
    return field("triggers");
  }

  private Optional<JsonNode> field(String name) {
    return Optional.ofNullable(fields.get(name));
  }

  private OptionalInt integer(String name) {
    JsonNode value = fields.get(name);
    return value == null ? OptionalInt.empty() : OptionalInt.of(value.intValue());
  }

  private static Optional<String> problem(String name, JsonNode value) {
    return switch (name) {
      case "system_prompt" ->
          unless(value.isString() || value.isObject(), "must be a string or an object");
      case "system_prompt_append", "skills_dir" -> unless(value.isString(), "must be a string");
      case "model" ->
          unless(value.isString() && !value.asString().isBlank(), "must be a string, not blank");
      case "max_turns" ->
          unless(
              value.isIntegralNumber() && value.canConvertToInt() && value.intValue() >= 1,
              "must be a whole number of at least 1");
      case "timeout" ->
          unless(
              value.isIntegralNumber()
                  && value.canConvertToInt()
                  && value.intValue() >= 5
                  && value.intValue() <= 3600,
              "must be a whole number from 5 to 3600");
      case "output_format" -> unless(value.isObject(), "must be an object");
      case "agents" ->
          value.isArray()
              ? Optional.empty()
              : unless(value.isObject(), "must be an object or array");
      case "mcp_servers" -> mcpProblem(value);
      case "template_skills" -> unless(value.isBoolean(), "must be true or false");
      case "allowed_tools" ->
          unless(
              value.isArray() && value.valueStream().allMatch(JsonNode::isString),
              "must be an array of strings");
      case "runtime" -> runtimeProblem(value);
      case "triggers" -> unless(value.isArray(), "must be an array");
      default -> Optional.of("is no known field" + nearest(name));
    };
  }

  private static Optional<String> runtimeProblem(JsonNode value) {
    if (!value.isObject()) {
      return Optional.of("must be an object");
    }
    Set<String> unknown = new LinkedHashSet<>(value.propertyNames());
    unknown.remove("provider");
    if (!unknown.isEmpty()) {
      return Optional.of("has unknown fields " + unknown);
    }
    JsonNode provider = value.get("provider");
    return unless(
        provider == null || provider.isString() && !provider.asString().isBlank(),
        ".provider must be a string");
  }

  private static Optional<String> mcpProblem(JsonNode value) {
    if (!value.isObject()) {
      return Optional.of("must be an object");
    }
    for (Map.Entry<String, JsonNode> server : value.properties()) {
      JsonNode entry = server.getValue();
      String type = entry.path("type").asString("stdio");
      boolean good =
          entry.isObject()
              && switch (type) {
                case "stdio" -> entry.path("command").isString();
                case "http", "sse" -> entry.path("url").isString();
                default -> false;
              };
      if (!good) {
        return Optional.of(
            "." + server.getKey() + " must have a command, or type http or sse and a url");
      }
    }
    return Optional.empty();
  }

  private static Optional<String> unless(boolean good, String problem) {
    return good ? Optional.empty() : Optional.of(problem);
  }

  private static String nearest(String name) {
    return Nearest.to(name, KNOWN).map(" (did you mean '%s'?)"::formatted).orElse("");
  }
}
