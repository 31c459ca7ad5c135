package dev.dunes.server.v1;

import dev.dunes.agent.AgentMode;
import dev.dunes.agent.AgentModels;
import dev.dunes.server.http.Json;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What can be chosen for an agent, as configuration options of ACP: category {@code mode}, {@code
 * model}, {@code thought_level}. ACP, sheet 2.6.
 *
 * @param modes of the agent, the first is the default
 * @param models of the agent
 */
public record AgentChoices(List<AgentMode> modes, AgentModels models) {
  public static final String MODE = "mode";
  public static final String MODEL = "model";
  public static final String THOUGHT_LEVEL = "thought_level";

  public AgentChoices {
    modes = List.copyOf(modes);
  }

  /** The options with what is chosen now; one without a choice is left out. */
  public ArrayNode options(
      Optional<String> mode, Optional<String> model, Optional<String> variant) {
    ArrayNode options = Json.MAPPER.createArrayNode();
    Optional<String> chosenModel = chosenModel(model);
    if (chosenModel.isPresent()) {
      ObjectNode option = option(options, MODEL, "Model", chosenModel.get());
      ArrayNode values = option.putArray("options");
      models
          .models()
          .forEach(known ->
              values
                  .addObject()
                  .put("value", known.id())
                  .put("name", known.name().orElse(known.id())));
      if (models.models().stream().noneMatch(known -> known.id().equals(chosenModel.get()))) {
        values.addObject().put("value", chosenModel.get()).put("name", chosenModel.get());
      }
    }
    if (!modes.isEmpty()) {
      String chosen = mode.orElse(modes.getFirst().id());
      ObjectNode option = option(options, MODE, "Mode", chosen);
      ArrayNode values = option.putArray("options");
      modes.forEach(known ->
          values
              .addObject()
              .put("value", known.id())
              .put("name", known.name())
              .put("description", known.description()));
      if (modes.stream().noneMatch(known -> known.id().equals(chosen))) {
        values.addObject().put("value", chosen).put("name", chosen);
      }
    }
    List<String> levels = levels(chosenModel);
    if (!levels.isEmpty()) {
      String chosen = variant.or(() -> defaultLevel(chosenModel)).orElse(levels.getFirst());
      ObjectNode option = option(options, THOUGHT_LEVEL, "Thought level", chosen);
      Set<String> values = new LinkedHashSet<>(levels);
      values.add(chosen);
      ArrayNode list = option.putArray("options");
      values.forEach(level -> list.addObject().put("value", level).put("name", level));
    }
    return options;
  }

  private static ObjectNode option(ArrayNode options, String id, String name, String chosen) {
    return options
        .addObject()
        .put("id", id)
        .put("name", name)
        .put("category", id)
        .put("type", "select")
        .put("currentValue", chosen);
  }

  /** The model that is named, or the one the agent takes by itself. */
  public Optional<String> chosenModel(Optional<String> model) {
    return model
        .or(models::defaultModel)
        .or(() -> models.models().stream().findFirst().map(AgentModels.Model::id));
  }

  private Optional<AgentModels.Model> known(Optional<String> model) {
    return model.flatMap(
        id -> models.models().stream().filter(known -> known.id().equals(id)).findFirst());
  }

  /** How hard a model may think. */
  public List<String> levels(Optional<String> model) {
    return known(model).map(AgentModels.Model::variants).orElse(List.of());
  }

  private Optional<String> defaultLevel(Optional<String> model) {
    return known(model).flatMap(AgentModels.Model::defaultVariant);
  }

  /** {@code {currentModeId, availableModes}}. */
  public ObjectNode modes(Optional<String> mode) {
    ObjectNode json = Json.object();
    json.put("currentModeId", mode.orElse(modes.isEmpty() ? "build" : modes.getFirst().id()));
    ArrayNode available = json.putArray("availableModes");
    modes.forEach(known ->
        available
            .addObject()
            .put("id", known.id())
            .put("name", known.name())
            .put("description", known.description()));
    return json;
  }
}
