package dev.dunes.agent.acp;

import dev.dunes.agent.AgentException;
import dev.dunes.agent.AgentMode;
import dev.dunes.agent.drive.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.StreamSupport;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What can be set in a conversation, as the agent lists it when the conversation opens: options
 * ({@code configOptions}) where it has them, else its modes and models.
 */
final class AcpSettings {
  private final Map<String, String> names;
  private final JsonNode answer;

  /** A request that changes something. */
  record Change(String method, ObjectNode params) {}

  /**
   * @param names our names of modes with the agent's own
   * @param answer what the agent answered when the conversation opened
   */
  AcpSettings(Map<String, String> names, JsonNode answer) {
    this.names = names;
    this.answer = answer;
  }

  /** The modes it lists, with their own names. */
  List<AgentMode> modes() {
    List<AgentMode> modes = new ArrayList<>();
    Optional<JsonNode> option = option("mode");
    if (option.isPresent()) {
      values(option.get()).forEach((id, each) -> modes.add(mode(id, each)));
    } else {
      for (JsonNode each : answer.path("modes").path("availableModes")) {
        Json.text(each, "id").ifPresent(id -> modes.add(mode(id, each)));
      }
    }
    return modes;
  }

  private static AgentMode mode(String id, JsonNode json) {
    return new AgentMode(id, Json.text(json, "name", id), Json.text(json, "description", ""));
  }

  private Optional<JsonNode> option(String category) {
    return StreamSupport.stream(answer.path("configOptions").spliterator(), false)
        .filter(each ->
            Json.text(each, "category", "").equals(category)
                || Json.text(each, "id", "").equals(category))
        .findFirst();
  }

  /** Values may be in groups. */
  private static Map<String, JsonNode> values(JsonNode option) {
    Map<String, JsonNode> values = new LinkedHashMap<>();
    for (JsonNode each : option.path("options")) {
      if (each.path("options").isArray()) {
        values.putAll(values(each));
      } else {
        Json.text(each, "value").ifPresent(value -> values.put(value, each));
      }
    }
    return values;
  }

  /**
   * How to change to a mode, one of ours or the agent's.
   *
   * @throws AgentException {@code mode_not_supported}
   */
  Optional<Change> mode(String mode) {
    String own = names.getOrDefault(mode, mode);
    int equals = own.indexOf('=');
    Optional<JsonNode> other = equals < 0 ? Optional.empty() : option(own.substring(0, equals));
    if (other.isPresent()) {
      return Optional.of(set(other.get(), own.substring(equals + 1)));
    }
    List<String> known = modes().stream().map(AgentMode::id).toList();
    if (!known.contains(own)) {
      if (mode.equals("build")) {
        return Optional.empty(); // as it works anyway
      }
      throw new AgentException(
          "mode_not_supported",
          "this agent has no mode '%s'".formatted(mode),
          known.isEmpty() ? "it has no modes" : "use one of " + String.join(", ", known),
          null);
    }
    return Optional.of(
        option("mode")
            .map(option -> set(option, own))
            .orElseGet(() -> new Change("session/set_mode", Json.object().put("modeId", own))));
  }

  private static Change set(JsonNode option, String value) {
    return new Change(
        "session/set_config_option",
        Json.object().put("configId", Json.text(option, "id", "")).put("value", value));
  }

  /**
   * How to change to a model; it need not be one of those that the agent lists.
   *
   * @throws AgentException {@code model_not_supported}
   */
  Change model(String model) {
    Optional<JsonNode> option = option("model");
    if (option.isPresent()) {
      // Some put the name of the provider before it.
      String value =
          values(option.get()).keySet().stream()
              .filter(each -> each.equals(model) || each.endsWith("/" + model))
              .findFirst()
              .orElse(model);
      return set(option.get(), value);
    }
    if (answer.path("models").isObject()) {
      return new Change("session/set_model", Json.object().put("modelId", model));
    }
    throw new AgentException(
        "model_not_supported",
        "this agent cannot change to model '%s'".formatted(model),
        "start a session with that model",
        null);
  }

  /**
   * How hard the model shall think, where the agent has an option for that.
   *
   * @throws AgentException {@code model_not_supported}
   */
  Change variant(String variant) {
    JsonNode option =
        option("thought_level")
            .orElseThrow(() ->
                new AgentException(
                    "model_not_supported",
                    "this agent has no variants of models",
                    "leave out the variant",
                    null));
    if (!values(option).containsKey(variant)) {
      throw new AgentException(
          "model_not_supported",
          "there is no variant '%s' of this model".formatted(variant),
          "use one of " + String.join(", ", values(option).keySet()),
          null);
    }
    return set(option, variant);
  }
}
