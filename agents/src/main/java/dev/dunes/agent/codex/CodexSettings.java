package dev.dunes.agent.codex;

import dev.dunes.agent.AgentException;
import dev.dunes.agent.AgentMode;
import dev.dunes.agent.AgentOptions;
import dev.dunes.agent.drive.Json;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What each turn is started with; may be changed between turns. Not safe for use by several
 * threads: the session's lock is held.
 */
final class CodexSettings {
  private static final String PLAN = "plan";

  private final Optional<JsonNode> schema;
  private Optional<String> model;
  private Optional<String> effort;
  private String mode = "build";
  private boolean everPlanned;

  /**
   * @throws AgentException {@code mode_not_supported}, {@code model_not_supported}
   */
  CodexSettings(AgentOptions options) {
    this.schema = options.outputSchema();
    this.model = options.model();
    this.effort = options.variant();
    effort.ifPresent(CodexSettings::check);
    options.mode().ifPresent(this::mode);
  }

  void mode(String value) {
    if (CodexAgent.MODES.stream().map(AgentMode::id).noneMatch(value::equals)) {
      throw new AgentException(
          "mode_not_supported",
          "Codex has no mode '%s'".formatted(value),
          "use build or plan",
          null);
    }
    mode = value;
    everPlanned |= value.equals(PLAN);
  }

  void model(String value, Optional<String> variant) {
    variant.ifPresent(CodexSettings::check);
    model = Optional.of(value);
    effort = variant.or(() -> effort);
  }

  private static void check(String effort) {
    if (!CodexModels.EFFORTS.contains(effort)) {
      throw new AgentException(
          "model_not_supported",
          "Codex has no variant '%s'".formatted(effort),
          "use one of " + String.join(", ", CodexModels.EFFORTS),
          null);
    }
  }

  /** What Codex said it takes when none was named. */
  void usualModel(String value) {
    model = model.or(() -> Optional.of(value));
  }

  /** The parameters of {@code turn/start}. */
  ObjectNode turn(String threadId, ArrayNode input) {
    ObjectNode params = Json.object().put("threadId", threadId);
    params.set("input", input);
    model.ifPresent(value -> params.put("model", value));
    effort.ifPresent(value -> params.put("effort", value));
    schema.ifPresent(value -> params.set("outputSchema", value));
    if (everPlanned) {
      // Its own way to plan; it stays in a mode until it is told another.
      ObjectNode collaboration = params.putObject("collaborationMode");
      collaboration.put("mode", mode.equals(PLAN) ? PLAN : "default");
      ObjectNode settings = collaboration.putObject("settings");
      settings.put("model", model.orElse(""));
      settings.put("reasoning_effort", effort.orElse(null));
      settings.putNull("developer_instructions");
    }
    return params;
  }
}
