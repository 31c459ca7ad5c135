package dev.dunes.agent;

import static java.util.Objects.requireNonNull;

import java.util.Map;

/**
 * How an agent reaches a model from inside its sandbox.
 *
 * @param baseUrl of the gateway as seen in the sandbox, such as {@code http://127.0.0.1:8082}
 * @param token valid at the gateway for this run only; never a real key
 * @param modelNames variables that give names of models, such as {@code
 *     ANTHROPIC_DEFAULT_HAIKU_MODEL}
 */
public record ModelAccess(String baseUrl, String token, Map<String, String> modelNames) {
  public ModelAccess {
    requireNonNull(baseUrl, "baseUrl");
    requireNonNull(token, "token");
    modelNames = Map.copyOf(modelNames);
  }

  /** Never shows the token. */
  @Override
  public String toString() {
    return "ModelAccess[" + baseUrl + "]";
  }
}
