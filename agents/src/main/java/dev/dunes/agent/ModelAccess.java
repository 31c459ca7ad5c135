package dev.dunes.agent;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.Map;

/**
 * How an agent reaches a model from inside its sandbox.
 *
 * @param baseUrl of the gateway as seen in the sandbox, such as {@code http://127.0.0.1:8082}
 * @param token valid at the gateway for this run only; never a real key
 * @param modelNames variables that give names of models, such as {@code
 *     ANTHROPIC_DEFAULT_HAIKU_MODEL}
 * @param dialects the protocols in which models can be asked there, the preferred one first; empty
 *     when that is not known
 */
public record ModelAccess(
    String baseUrl, String token, Map<String, String> modelNames, List<ModelDialect> dialects) {
  public ModelAccess {
    requireNonNull(baseUrl, "baseUrl");
    requireNonNull(token, "token");
    modelNames = Map.copyOf(modelNames);
    dialects = List.copyOf(dialects);
  }

  /** One whose dialects are not known. */
  public ModelAccess(String baseUrl, String token, Map<String, String> modelNames) {
    this(baseUrl, token, modelNames, List.of());
  }

  /** Never shows the token. */
  @Override
  public String toString() {
    return "ModelAccess[" + baseUrl + "]";
  }
}
