package dev.dunes.agent.credentials;

import java.util.Optional;
import tools.jackson.databind.JsonNode;

/** What Codex keeps: {@code ~/.codex/auth.json}. */
record CodexFile(JsonFiles files) {
  Optional<Credential> find(boolean oauth) {
    Optional<JsonNode> auth = files.read(".codex/auth.json");
    return auth.flatMap(json -> JsonFiles.text(json, "OPENAI_API_KEY"))
        .map(secret -> credential(Credential.Type.API_KEY, secret))
        .or(() ->
            auth.filter(_ -> oauth)
                .flatMap(json -> JsonFiles.text(json, "tokens.access_token"))
                .map(secret -> credential(Credential.Type.OAUTH, secret)));
  }

  private static Credential credential(Credential.Type type, String secret) {
    return new Credential(Credentials.OPENAI, Credential.Source.CODEX, type, secret);
  }
}
