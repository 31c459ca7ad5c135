package dev.dunes.agent;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.Optional;

/**
 * The models an agent offers by itself. Others may be named, too: the gateway decides.
 *
 * @param models may be empty
 * @param defaultModel what it takes when none is named
 */
public record AgentModels(List<Model> models, Optional<String> defaultModel) {
  /** None are known. */
  public static final AgentModels NONE = new AgentModels(List.of(), Optional.empty());

  public AgentModels {
    models = List.copyOf(models);
    requireNonNull(defaultModel, "defaultModel");
  }

  /**
   * A model.
   *
   * @param name for people
   * @param variants how hard it may think, such as {@code low}; empty when there is no choice
   */
  public record Model(
      String id, Optional<String> name, List<String> variants, Optional<String> defaultVariant) {
    public Model {
      requireNonNull(id, "id");
      requireNonNull(name, "name");
      variants = List.copyOf(variants);
      requireNonNull(defaultVariant, "defaultVariant");
    }
  }
}
