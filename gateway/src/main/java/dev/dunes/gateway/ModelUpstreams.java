package dev.dunes.gateway;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Finds the model provider that settings mean. The first match wins and sources are never mixed
 * (query API, 2.9); an empty variable counts as absent.
 */
public final class ModelUpstreams {
  static final String MISSING =
      "anthropic_api_key is required — pass it in the request body or set ANTHROPIC_API_KEY in the"
          + " environment";

  private static final String ANTHROPIC = "https://api.anthropic.com";
  private static final String OPENROUTER = "https://openrouter.ai/api";
  private static final String OPENAI = "https://api.openai.com/v1";
  private static final String GEMINI = "https://generativelanguage.googleapis.com";
  private static final Set<String> OFF = Set.of("", "0", "false", "no", "off");
  private static final List<String> MODEL_VARIABLES =
      List.of(
          "ANTHROPIC_MODEL",
          "ANTHROPIC_DEFAULT_SONNET_MODEL",
          "ANTHROPIC_DEFAULT_OPUS_MODEL",
          "ANTHROPIC_DEFAULT_HAIKU_MODEL",
          "ANTHROPIC_SMALL_FAST_MODEL",
          "CLAUDE_CODE_SUBAGENT_MODEL");
  private static final Map<String, String> OPENROUTER_MODELS =
      Map.of(
          "ANTHROPIC_DEFAULT_SONNET_MODEL", "anthropic/claude-sonnet-4",
          "ANTHROPIC_DEFAULT_OPUS_MODEL", "anthropic/claude-opus-4",
          "ANTHROPIC_DEFAULT_HAIKU_MODEL", "anthropic/claude-haiku-4.5");

  private final Map<String, String> env;

  private ModelUpstreams(Map<String, String> env) {
    this.env = env;
  }

  /**
   * Who answers Messages requests.
   *
   * @param env the environment over what {@code .env} says
   * @throws ModelConfigurationException when nothing matches, or what matches is incomplete
   */
  public static ModelUpstream resolve(Map<String, String> env, RequestKeys keys) {
    return new ModelUpstreams(env).anthropic(keys);
  }

  /**
   * Who answers OpenAI's requests: {@code OPENAI_BASE_URL} (with {@code /v1}) and {@code
   * OPENAI_API_KEY}; empty without either.
   *
   * @throws ModelConfigurationException when the URL or the key cannot be
   */
  public static Optional<ModelUpstream> openAi(Map<String, String> env) {
    ModelUpstreams settings = new ModelUpstreams(env);
    if (!settings.has("OPENAI_API_KEY") && !settings.has("OPENAI_BASE_URL")) {
      return Optional.empty();
    }
    URI base = uri("OPENAI_BASE_URL", trimSlashes(settings.or("OPENAI_BASE_URL", OPENAI)));
    UpstreamAuth auth =
        settings.has("OPENAI_API_KEY")
            ? new UpstreamAuth.Bearer(settings.secret("OPENAI_API_KEY"))
            : new UpstreamAuth.None();
    return Optional.of(
        upstream(
            ModelProtocol.OPENAI,
            settings.has("OPENAI_BASE_URL") ? "custom" : "openai",
            base,
            auth,
            Map.of(),
            settings.has("OPENAI_BASE_URL") ? "OPENAI_BASE_URL" : "OPENAI_API_KEY"));
  }

  /**
   * Who answers Gemini's requests: {@code GOOGLE_GEMINI_BASE_URL} (without {@code /v1beta}) and
   * {@code GEMINI_API_KEY}; empty without either.
   *
   * @throws ModelConfigurationException when the URL or the key cannot be
   */
  public static Optional<ModelUpstream> gemini(Map<String, String> env) {
    ModelUpstreams settings = new ModelUpstreams(env);
    if (!settings.has("GEMINI_API_KEY") && !settings.has("GOOGLE_GEMINI_BASE_URL")) {
      return Optional.empty();
    }
    URI base =
        uri("GOOGLE_GEMINI_BASE_URL", trimSlashes(settings.or("GOOGLE_GEMINI_BASE_URL", GEMINI)));
    UpstreamAuth auth =
        settings.has("GEMINI_API_KEY")
            ? new UpstreamAuth.ApiKey("x-goog-api-key", settings.secret("GEMINI_API_KEY"))
            : new UpstreamAuth.None();
    return Optional.of(
        upstream(
            ModelProtocol.GEMINI,
            settings.has("GOOGLE_GEMINI_BASE_URL") ? "custom" : "gemini",
            base,
            auth,
            Map.of(),
            settings.has("GOOGLE_GEMINI_BASE_URL") ? "GOOGLE_GEMINI_BASE_URL" : "GEMINI_API_KEY"));
  }

  private ModelUpstream anthropic(RequestKeys keys) {
    if (keys.openRouter().isPresent()) {
      return openRouter(
          or("ANTHROPIC_BASE_URL", OPENROUTER),
          keys.openRouter().get(),
          "openrouter_api_key of the request");
    }
    if (keys.anthropic().isPresent()) {
      // A base URL beside an OpenRouter key is OpenRouter's, and this key is not.
      boolean foreign = has("OPENROUTER_API_KEY") || !has("ANTHROPIC_BASE_URL");
      return messages(
          foreign ? ANTHROPIC : value("ANTHROPIC_BASE_URL"),
          apiKey(keys.anthropic().get()),
          "anthropic_api_key of the request");
    }
    if (on("CLAUDE_CODE_USE_VERTEX")) {
      return vertex();
    }
    if (on("CLAUDE_CODE_USE_BEDROCK")) {
      return bedrock();
    }
    if (on("CLAUDE_CODE_USE_FOUNDRY")) {
      return foundry();
    }
    return byKeysOfTheEnvironment();
  }

  private ModelUpstream byKeysOfTheEnvironment() {
    if (has("ANTHROPIC_BASE_URL")) {
      String base = value("ANTHROPIC_BASE_URL");
      if (has("OPENROUTER_API_KEY")) {
        return openRouter(
            base, secret("OPENROUTER_API_KEY"), "ANTHROPIC_BASE_URL and OPENROUTER_API_KEY");
      }
      if (has("ANTHROPIC_AUTH_TOKEN")) {
        return messages(
            base,
            new UpstreamAuth.Bearer(secret("ANTHROPIC_AUTH_TOKEN")),
            "ANTHROPIC_BASE_URL and ANTHROPIC_AUTH_TOKEN");
      }
      return messages(
          base,
          has("ANTHROPIC_API_KEY") ? apiKey(secret("ANTHROPIC_API_KEY")) : new UpstreamAuth.None(),
          "ANTHROPIC_BASE_URL");
    }
    if (has("ANTHROPIC_API_KEY")) {
      return messages(ANTHROPIC, apiKey(secret("ANTHROPIC_API_KEY")), "ANTHROPIC_API_KEY");
    }
    if (has("OPENROUTER_API_KEY")) {
      return openRouter(OPENROUTER, secret("OPENROUTER_API_KEY"), "OPENROUTER_API_KEY");
    }
    if (has("ANTHROPIC_AUTH_TOKEN")) {
      return messages(
          ANTHROPIC,
          new UpstreamAuth.Bearer(secret("ANTHROPIC_AUTH_TOKEN")),
          "ANTHROPIC_AUTH_TOKEN");
    }
    throw new ModelConfigurationException(
        ModelConfigurationException.NOT_CONFIGURED, MISSING, null);
  }

  private ModelUpstream messages(String base, UpstreamAuth auth, String chosenBy) {
    return upstream(
        ModelProtocol.ANTHROPIC,
        base.equals(ANTHROPIC) ? "anthropic" : "custom",
        uri("ANTHROPIC_BASE_URL", trimVersion(base)),
        auth,
        modelVariables(),
        chosenBy);
  }

  private ModelUpstream openRouter(String base, Secret key, String chosenBy) {
    Map<String, String> models = new LinkedHashMap<>(OPENROUTER_MODELS);
    models.putAll(modelVariables());
    return upstream(
        ModelProtocol.ANTHROPIC,
        "openrouter",
        uri("ANTHROPIC_BASE_URL", trimVersion(base)),
        new UpstreamAuth.Bearer(key),
        models,
        chosenBy);
  }

  private ModelUpstream vertex() {
    String credentials = value("GOOGLE_APPLICATION_CREDENTIALS");
    if (credentials.isEmpty()) {
      throw misconfigured(
          "GOOGLE_APPLICATION_CREDENTIALS is required when using Vertex AI — set it in .env to the"
              + " path of your GCP service account JSON key");
    }
    Path file = Path.of(credentials);
    if (!Files.isRegularFile(file)) {
      throw misconfigured("GOOGLE_APPLICATION_CREDENTIALS file not found: " + credentials);
    }
    String region = required("CLOUD_ML_REGION", "Vertex AI");
    String project = required("ANTHROPIC_VERTEX_PROJECT_ID", "Vertex AI");
    return upstream(
        ModelProtocol.ANTHROPIC,
        "vertex",
        uri(
            "ANTHROPIC_VERTEX_BASE_URL",
            trimVersion(or("ANTHROPIC_VERTEX_BASE_URL", vertexBase(region)))),
        new UpstreamAuth.Vertex(project, region, file),
        modelVariables(),
        "CLAUDE_CODE_USE_VERTEX");
  }

  private static String vertexBase(String region) {
    return switch (region) {
      case "global" -> "https://aiplatform.googleapis.com";
      case "us" -> "https://aiplatform.us.rep.googleapis.com";
      case "eu" -> "https://aiplatform.eu.rep.googleapis.com";
      default -> "https://" + region + "-aiplatform.googleapis.com";
    };
  }

  private ModelUpstream bedrock() {
    String region = required("AWS_REGION", "Bedrock");
    String access = required("AWS_ACCESS_KEY_ID", "Bedrock");
    required("AWS_SECRET_ACCESS_KEY", "Bedrock");
    Optional<Secret> session =
        has("AWS_SESSION_TOKEN") ? Optional.of(secret("AWS_SESSION_TOKEN")) : Optional.empty();
    return upstream(
        ModelProtocol.ANTHROPIC,
        "bedrock",
        uri(
            "ANTHROPIC_BEDROCK_BASE_URL",
            trimSlashes(
                or(
                    "ANTHROPIC_BEDROCK_BASE_URL",
                    "https://bedrock-runtime." + region + ".amazonaws.com"))),
        new UpstreamAuth.Bedrock(region, access, secret("AWS_SECRET_ACCESS_KEY"), session),
        modelVariables(),
        "CLAUDE_CODE_USE_BEDROCK");
  }

  /** Both spellings: the documented one and the one the vendor's own kit reads. */
  private ModelUpstream foundry() {
    String resource = or("AZURE_FOUNDRY_RESOURCE", value("ANTHROPIC_FOUNDRY_RESOURCE"));
    String base = value("ANTHROPIC_FOUNDRY_BASE_URL");
    String keyName = has("AZURE_API_KEY") ? "AZURE_API_KEY" : "ANTHROPIC_FOUNDRY_API_KEY";
    if (resource.isEmpty() && base.isEmpty()) {
      throw misconfigured("AZURE_FOUNDRY_RESOURCE is required when using Azure Foundry");
    }
    if (!has(keyName)) {
      throw misconfigured("AZURE_API_KEY is required when using Azure Foundry");
    }
    if (base.isEmpty()) {
      base = "https://" + resource + ".services.ai.azure.com/anthropic";
    }
    return upstream(
        ModelProtocol.ANTHROPIC,
        "azure",
        uri("AZURE_FOUNDRY_RESOURCE", trimVersion(base)),
        apiKey(secret(keyName)),
        modelVariables(),
        "CLAUDE_CODE_USE_FOUNDRY");
  }

  private Map<String, String> modelVariables() {
    Map<String, String> models = new LinkedHashMap<>();
    MODEL_VARIABLES.stream().filter(this::has).forEach(name -> models.put(name, value(name)));
    return models;
  }

  private static UpstreamAuth apiKey(Secret key) {
    return new UpstreamAuth.ApiKey("x-api-key", key);
  }

  private static ModelUpstream upstream(
      ModelProtocol protocol,
      String provider,
      URI base,
      UpstreamAuth auth,
      Map<String, String> models,
      String chosenBy) {
    try {
      return new ModelUpstream(protocol, provider, base, auth, models, chosenBy);
    } catch (IllegalArgumentException e) {
      throw misconfigured(chosenBy + ": " + e.getMessage());
    }
  }

  private static URI uri(String name, String value) {
    try {
      return new URI(value);
    } catch (URISyntaxException e) {
      // without the cause: its message has the whole text, and a key may have slipped into it
      throw misconfigured(name + " is no URL");
    }
  }

  private static String trimVersion(String base) {
    String trimmed = trimSlashes(base);
    return trimmed.endsWith("/v1")
        ? trimSlashes(trimmed.substring(0, trimmed.length() - 3))
        : trimmed;
  }

  private static String trimSlashes(String base) {
    String trimmed = base.strip();
    while (trimmed.endsWith("/")) {
      trimmed = trimmed.substring(0, trimmed.length() - 1);
    }
    return trimmed;
  }

  private String required(String name, String provider) {
    if (!has(name)) {
      throw misconfigured(name + " is required when using " + provider);
    }
    return value(name);
  }

  private Secret secret(String name) {
    try {
      return Secret.of(value(name).strip());
    } catch (IllegalArgumentException e) {
      throw misconfigured(name + ": " + e.getMessage());
    }
  }

  private static ModelConfigurationException misconfigured(String message) {
    return new ModelConfigurationException(
        ModelConfigurationException.MISCONFIGURED, message, null);
  }

  private boolean on(String name) {
    return !OFF.contains(value(name).strip().toLowerCase(Locale.ROOT));
  }

  private boolean has(String name) {
    return !value(name).isEmpty();
  }

  private String value(String name) {
    return env.getOrDefault(name, "");
  }

  private String or(String name, String otherwise) {
    return has(name) ? value(name) : otherwise;
  }
}
