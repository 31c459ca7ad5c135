package dev.dunes.agent.credentials;

/** What a secret is, by its looks. */
final class Secrets {
  /** How Anthropic's keys and tokens begin. */
  static final String ANTHROPIC = "sk-ant-";

  /** How tokens begin that Claude Code gets when somebody signs in. */
  private static final String ANTHROPIC_OAUTH = "sk-ant-oat";

  private Secrets() {}

  /** A token of a signed-in person is none less for being where keys are expected. */
  static Credential.Type type(String secret) {
    return secret.startsWith(ANTHROPIC_OAUTH) ? Credential.Type.OAUTH : Credential.Type.API_KEY;
  }
}
