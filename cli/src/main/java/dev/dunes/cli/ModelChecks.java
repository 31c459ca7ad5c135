package dev.dunes.cli;

import dev.dunes.gateway.ModelConfigurationException;
import dev.dunes.gateway.ModelUpstream;
import dev.dunes.gateway.ModelUpstreams;
import dev.dunes.gateway.RequestKeys;
import dev.dunes.gateway.UpstreamAuth;
import dev.dunes.sandbox.spi.Check;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Whether there is a model to ask: its credentials, and whether it answers. */
final class ModelChecks {
  private static final Duration LIMIT = Duration.ofSeconds(5);
  private static final String KEYS =
      "ANTHROPIC_API_KEY, OPENROUTER_API_KEY, ANTHROPIC_BASE_URL, or CLAUDE_CODE_USE_VERTEX,"
          + " _BEDROCK or _FOUNDRY";

  private final Map<String, String> variables;
  private final boolean needed;

  /**
   * @param variables the environment over what {@code .env} says
   * @param needed whether nothing works without a model
   */
  ModelChecks(Map<String, String> variables, boolean needed) {
    this.variables = variables;
    this.needed = needed;
  }

  Diagnosis diagnose() {
    List<Check> checks = new ArrayList<>();
    try {
      ModelUpstream upstream = ModelUpstreams.resolve(variables, RequestKeys.NONE);
      checks.add(
          Check.ok(
              "credentials",
              "%s at %s, by %s"
                  .formatted(upstream.provider(), upstream.base(), upstream.chosenBy())));
      checks.add(endpoint(upstream));
    } catch (ModelConfigurationException e) {
      checks.add(
          e.nothingConfigured()
              ? missing()
              : Check.fail(
                  "credentials", String.valueOf(e.getMessage()), "set it right, or unset it"));
    }
    return new Diagnosis("model", checks);
  }

  private Check missing() {
    String remedy = "set one of " + KEYS + " in the environment or in .env; `ds demo` needs none";
    return needed
        ? Check.fail("credentials", "none are set", remedy)
        : Check.warn("credentials", "none are set; prompts need them, `run` does not", remedy);
  }

  private static Check endpoint(ModelUpstream upstream) {
    return switch (upstream.auth()) {
      case UpstreamAuth.Vertex _, UpstreamAuth.Bedrock _ ->
          Check.ok("endpoint", "not asked: it shows no list of models to this kind of key");
      case UpstreamAuth.None _ -> ask(upstream.base(), HttpRequest.newBuilder());
      case UpstreamAuth.Bearer bearer ->
          ask(
              upstream.base(),
              HttpRequest.newBuilder().header("authorization", "Bearer " + bearer.key().reveal()));
      case UpstreamAuth.ApiKey key ->
          ask(upstream.base(), HttpRequest.newBuilder().header(key.header(), key.key().reveal()));
    };
  }

  private static Check ask(URI base, HttpRequest.Builder request) {
    URI models = URI.create(base + "/v1/models");
    try (HttpClient client = HttpClient.newBuilder().connectTimeout(LIMIT).build()) {
      HttpResponse<Void> answer =
          client.send(
              request
                  .uri(models)
                  .timeout(LIMIT)
                  .header("anthropic-version", "2023-06-01")
                  .GET()
                  .build(),
              HttpResponse.BodyHandlers.discarding());
      int status = answer.statusCode();
      return switch (status / 100) {
        case 2 -> Check.ok("endpoint", models + " answers");
        case 4 ->
            status == 401 || status == 403
                ? Check.fail(
                    "endpoint",
                    "%s refuses the key (%d)".formatted(models, status),
                    "check the key, or make a new one")
                : Check.warn(
                    "endpoint",
                    "%s answers %d".formatted(models, status),
                    "a provider without a list of models works all the same");
        default ->
            Check.warn("endpoint", "%s answers %d".formatted(models, status), "try again later");
      };
    } catch (IOException e) {
      String why = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
      return Check.fail(
          "endpoint",
          "%s cannot be reached: %s".formatted(models, why),
          "check the network and ANTHROPIC_BASE_URL");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Check.fail("endpoint", "interrupted", "ask again");
    }
  }
}
