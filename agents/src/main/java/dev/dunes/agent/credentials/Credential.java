package dev.dunes.agent.credentials;

import static java.util.Objects.requireNonNull;

/**
 * A key or token for a provider of models. Agent API, sheet 2.12.
 *
 * @param provider such as {@code anthropic}
 * @param source where it was found
 * @param type what it is worth
 * @param secret itself
 */
public record Credential(String provider, Source source, Type type, String secret) {
  private static final int SHOWN = 4;

  public Credential {
    requireNonNull(provider, "provider");
    requireNonNull(source, "source");
    requireNonNull(type, "type");
    requireNonNull(secret, "secret");
  }

  /** Enough to recognise it: its first and last four characters; nothing of a short one. */
  public String redacted() {
    int length = secret.codePointCount(0, secret.length());
    if (length <= 2 * SHOWN) {
      return "****";
    }
    return secret.substring(0, secret.offsetByCodePoints(0, SHOWN))
        + "..."
        + secret.substring(secret.offsetByCodePoints(secret.length(), -SHOWN));
  }

  /** Never shows the secret. */
  @Override
  public String toString() {
    return "Credential[%s, %s, %s]".formatted(provider, source.wireName(), type.wireName());
  }

  /** Where a credential was found. */
  public enum Source {
    ENVIRONMENT("environment"),
    AMP("amp"),
    CLAUDE_CODE("claude-code"),
    CODEX("codex"),
    OPENCODE("opencode");

    private final String wireName;

    Source(String wireName) {
      this.wireName = wireName;
    }

    /** Its name in JSON. */
    public String wireName() {
      return wireName;
    }
  }

  /** What a credential is worth. */
  public enum Type {
    /** A key for a provider's API. */
    API_KEY("api_key"),
    /** A token of a signed-in person; no key, and not to be used as one. */
    OAUTH("oauth");

    private final String wireName;

    Type(String wireName) {
      this.wireName = wireName;
    }

    /** Its name in JSON. */
    public String wireName() {
      return wireName;
    }
  }
}
