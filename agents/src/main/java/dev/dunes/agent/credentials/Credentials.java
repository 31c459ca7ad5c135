package dev.dunes.agent.credentials;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * The credentials of this machine's user: of the environment, and of the files that coding agents
 * keep in the user's home. Of several for a provider the first found counts. Agent API, sheet 2.12.
 *
 * @param anthropic environment, Amp, Claude Code, OpenCode
 * @param openai environment, Codex, OpenCode
 * @param other of other providers by their names, sorted; from OpenCode
 * @param problems files that are there and could not be used, a line each, without secrets
 */
public record Credentials(
    Optional<Credential> anthropic,
    Optional<Credential> openai,
    Map<String, Credential> other,
    List<String> problems) {
  static final String ANTHROPIC = "anthropic";
  static final String OPENAI = "openai";

  public Credentials {
    requireNonNull(anthropic, "anthropic");
    requireNonNull(openai, "openai");
    other = Collections.unmodifiableMap(new TreeMap<>(other));
    problems = List.copyOf(problems);
  }

  /**
   * Looks for them. A file that is missing or broken keeps nothing else from being found.
   *
   * @param environment variables by name; empty ones count as not set
   * @param home the user's home
   * @param oauth whether tokens of signed-in persons count, too
   */
  public static Credentials find(Map<String, String> environment, Path home, boolean oauth) {
    return find(environment, home, oauth, Instant.now());
  }

  static Credentials find(Map<String, String> environment, Path home, boolean oauth, Instant now) {
    List<String> problems = new ArrayList<>();
    JsonFiles files = new JsonFiles(home, problems);
    Expiry expiry = new Expiry(now, problems);
    Environment variables = new Environment(environment);
    Predicate<Credential> admitted = found -> oauth || found.type() == Credential.Type.API_KEY;
    Map<String, Credential> opencode = new OpenCodeFile(files, expiry).find();
    opencode.values().removeIf(admitted.negate());
    Optional<Credential> anthropic =
        variables
            .first(ANTHROPIC, "ANTHROPIC_API_KEY", "CLAUDE_API_KEY")
            .filter(admitted)
            .or(() -> new AmpFile(files).find().filter(admitted))
            .or(() -> new ClaudeFiles(files, expiry).find(oauth))
            .or(() -> Optional.ofNullable(opencode.get(ANTHROPIC)));
    Optional<Credential> openai =
        variables
            .first(OPENAI, "OPENAI_API_KEY", "CODEX_API_KEY")
            .or(() -> new CodexFile(files).find(oauth))
            .or(() -> Optional.ofNullable(opencode.get(OPENAI)));
    Map<String, Credential> other = new TreeMap<>(opencode);
    other.remove(ANTHROPIC);
    other.remove(OPENAI);
    return new Credentials(anthropic, openai, other, problems);
  }

  /** The one for a provider. */
  public Optional<Credential> of(String provider) {
    return switch (provider) {
      case ANTHROPIC -> anthropic;
      case OPENAI -> openai;
      default -> Optional.ofNullable(other.get(provider));
    };
  }
}
