package dev.dunes.agent.credentials;

import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/** What Claude Code keeps: keys first, then the token of whoever is signed in. */
record ClaudeFiles(JsonFiles files, Expiry expiry) {
  private static final List<String> WITH_KEYS = List.of(".claude.json.api", ".claude.json");
  private static final List<String> KEYS =
      List.of("primaryApiKey", "apiKey", "anthropicApiKey", "customApiKey");
  private static final List<String> WITH_TOKENS =
      List.of(".claude/.credentials.json", ".claude-oauth-credentials.json");

  Optional<Credential> find(boolean oauth) {
    return WITH_KEYS.stream()
        .flatMap(file -> files.read(file).stream())
        .flatMap(json -> KEYS.stream().flatMap(key -> JsonFiles.text(json, key).stream()))
        .filter(secret -> secret.startsWith(Secrets.ANTHROPIC))
        .filter(secret -> oauth || Secrets.type(secret) == Credential.Type.API_KEY)
        .findFirst()
        .map(secret -> credential(Secrets.type(secret), secret))
        .or(() -> oauth ? token() : Optional.empty());
  }

  private Optional<Credential> token() {
    for (String file : WITH_TOKENS) {
      Optional<JsonNode> oauth = files.read(file).map(json -> json.path("claudeAiOauth"));
      Optional<String> token =
          oauth
              .flatMap(json -> JsonFiles.text(json, "accessToken"))
              .filter(_ -> expiry.isGood(oauth.get().path("expiresAt"), file));
      if (token.isPresent()) {
        return token.map(secret -> credential(Credential.Type.OAUTH, secret));
      }
    }
    return Optional.empty();
  }

  private static Credential credential(Credential.Type type, String secret) {
    return new Credential(Credentials.ANTHROPIC, Credential.Source.CLAUDE_CODE, type, secret);
  }
}
