package dev.dunes.agent.credentials;

import java.util.Map;
import java.util.Optional;

/** Keys in variables of the environment. */
record Environment(Map<String, String> variables) {
  /** Of the first variable that is set and not blank. */
  Optional<Credential> first(String provider, String... names) {
    for (String name : names) {
      String value = variables.getOrDefault(name, "").strip();
      if (!value.isEmpty()) {
        return Optional.of(
            new Credential(provider, Credential.Source.ENVIRONMENT, Secrets.type(value), value));
      }
    }
    return Optional.empty();
  }
}
