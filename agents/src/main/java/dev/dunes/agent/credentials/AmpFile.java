package dev.dunes.agent.credentials;

import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/** What Amp keeps: {@code ~/.amp/config.json}. */
record AmpFile(JsonFiles files) {
  private static final List<String> MEMBERS =
      List.of(
          "anthropicApiKey",
          "anthropic_api_key",
          "apiKey",
          "api_key",
          "accessToken",
          "access_token",
          "token",
          "auth.anthropicApiKey",
          "auth.apiKey",
          "auth.token",
          "anthropic.apiKey",
          "anthropic.token");

  Optional<Credential> find() {
    Optional<JsonNode> config = files.read(".amp/config.json");
    return MEMBERS.stream()
        .flatMap(member -> config.flatMap(json -> JsonFiles.text(json, member)).stream())
        .findFirst()
        .map(secret ->
            new Credential(
                Credentials.ANTHROPIC, Credential.Source.AMP, Secrets.type(secret), secret));
  }
}
