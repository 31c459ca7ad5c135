package dev.dunes.gateway;

import static java.util.Objects.requireNonNull;

import java.net.URI;
import java.util.Map;

/**
 * A model provider and what opens it. Its text never shows a key.
 *
 * @param protocol what is spoken with the sandbox; the gateway translates where the provider wants
 *     it otherwise
 * @param provider for people: {@code anthropic}, {@code openrouter}, {@code vertex}, {@code
 *     bedrock}, {@code azure}, {@code openai}, {@code gemini} or {@code custom}
 * @param base what the paths of the protocol are put behind; {@code http} or {@code https}, no
 *     trailing slash. For {@link ModelProtocol#OPENAI} it includes {@code /v1}, for the others not
 * @param auth what is shown to the provider
 * @param modelVariables environment variables with model names for the sandbox; no key is among
 *     them
 * @param chosenBy the setting that chose it, for people
 */
public record ModelUpstream(
    ModelProtocol protocol,
    String provider,
    URI base,
    UpstreamAuth auth,
    Map<String, String> modelVariables,
    String chosenBy) {
  public ModelUpstream {
    requireNonNull(protocol, "protocol");
    requireNonNull(provider, "provider");
    requireNonNull(base, "base");
    requireNonNull(auth, "auth");
    modelVariables = Map.copyOf(modelVariables);
    requireNonNull(chosenBy, "chosenBy");
    String scheme = String.valueOf(base.getScheme());
    if (!scheme.equals("http") && !scheme.equals("https")) {
      throw new IllegalArgumentException("the model provider's address is no http(s) URL");
    }
    if (base.getHost() == null || base.getRawUserInfo() != null) {
      throw new IllegalArgumentException(
          "the model provider's address has no host, or a user name and password in it");
    }
    if (base.getRawQuery() != null || base.getRawFragment() != null) {
      throw new IllegalArgumentException("the model provider's address has a query or a fragment");
    }
  }

  /** One that speaks the Messages protocol itself. */
  public static ModelUpstream anthropic(URI base, UpstreamAuth auth) {
    return new ModelUpstream(
        ModelProtocol.ANTHROPIC, "custom", base, auth, Map.of(), "the program");
  }

  /**
   * One that speaks OpenAI's protocols.
   *
   * @param base with {@code /v1}
   */
  public static ModelUpstream openAi(URI base, UpstreamAuth auth) {
    return new ModelUpstream(ModelProtocol.OPENAI, "custom", base, auth, Map.of(), "the program");
  }

  /** One that speaks Gemini's protocol. */
  public static ModelUpstream gemini(URI base, UpstreamAuth auth) {
    return new ModelUpstream(ModelProtocol.GEMINI, "custom", base, auth, Map.of(), "the program");
  }
}
