package dev.dunes.agent.credentials;

import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;

/** What OpenCode keeps, by provider: {@code ~/.local/share/opencode/auth.json}. */
record OpenCodeFile(JsonFiles files, Expiry expiry) {
  private static final String FILE = ".local/share/opencode/auth.json";

  Map<String, Credential> find() {
    Map<String, Credential> found = new TreeMap<>();
    files
        .read(FILE)
        .ifPresent(json ->
            json.propertyStream()
                .forEach(entry ->
                    credential(entry.getKey(), entry.getValue())
                        .ifPresent(one -> found.put(one.provider(), one))));
    return found;
  }

  private Optional<Credential> credential(String provider, JsonNode entry) {
    return switch (entry.path("type").asString("")) {
      case "api" -> JsonFiles.text(entry, "key").map(key -> of(provider, Secrets.type(key), key));
      case "oauth" ->
          JsonFiles.text(entry, "access")
              .filter(_ -> expiry.isGood(entry.path("expires"), FILE))
              .map(token -> of(provider, Credential.Type.OAUTH, token));
      default -> Optional.empty(); // a kind of its own, such as a URL to sign in at
    };
  }

  private static Credential of(String provider, Credential.Type type, String secret) {
    return new Credential(provider, Credential.Source.OPENCODE, type, secret);
  }
}
