package dev.dunes.cli;

import dev.dunes.agent.credentials.Credential;
import dev.dunes.agent.credentials.Credentials;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code ds credentials extract}. Agent API, sheet 2.12. */
@CommandLine.Command(
    description = {
      "Prints what there is as JSON, keys in part; or one secret alone, for a provider or an agent.",
      "Exit code 1 when there is none.",
      ""
    })
final class CredentialsExtract implements Verb {
  private final Console console;

  @Option(
      names = {"-a", "--agent"},
      paramLabel = "AGENT",
      description = "Print the secret for claude, codex, opencode or amp and nothing else.")
  private Optional<String> agent = Optional.empty();

  @Option(
      names = {"-p", "--provider"},
      paramLabel = "NAME",
      description = "Print the secret for this provider, such as anthropic, and nothing else.")
  private Optional<String> provider = Optional.empty();

  @Option(
      names = {"-r", "--reveal"},
      description = "Show keys in full.")
  private boolean reveal;

  @Mixin private CredentialsOptions options = new CredentialsOptions();

  CredentialsExtract(Console console) {
    this.console = console;
  }

  @Override
  public int run() {
    Optional<String> provided = agent.map(this::providerOf).orElse(provider);
    Credentials found = options.find(console);
    if (agent.isEmpty() && provider.isEmpty()) {
      console.print(Json.document(json(found)));
      return ExitCodes.OK;
    }
    Credential credential = provided.isPresent() ? one(found, provided.get()) : forOpenCode(found);
    console.print(credential.secret() + "\n");
    return ExitCodes.OK;
  }

  /** The provider whose models an agent asks; empty when it may be any. */
  private Optional<String> providerOf(String name) {
    String needed =
        switch (name) {
          case "claude", "amp" -> "anthropic";
          case "codex" -> "openai";
          case "opencode" -> "";
          default ->
              throw Failure.usage(
                  "--agent: '%s' cannot be used; use one of claude, codex, opencode, amp"
                      .formatted(name),
                  "");
        };
    if (needed.isEmpty()) {
      return provider;
    }
    if (provider.filter(given -> !given.equals(needed)).isPresent()) {
      throw new Failure(
          ExitCodes.ERROR,
          "%s has models of %s only, none of %s".formatted(name, needed, provider.orElse("")),
          "leave --provider out");
    }
    return Optional.of(needed);
  }

  private static Credential one(Credentials found, String name) {
    return found
        .of(name)
        .orElseThrow(() ->
            new Failure(
                ExitCodes.ERROR,
                "there are no credentials for '%s'".formatted(name),
                "`ds credentials extract` shows what there is"));
  }

  /** OpenCode asks anybody: whom is clear only when there is no choice among the lesser known. */
  private static Credential forOpenCode(Credentials found) {
    return found
        .openai()
        .or(found::anthropic)
        .or(() ->
            found.other().size() == 1
                ? found.other().values().stream().findFirst()
                : Optional.empty())
        .orElseThrow(() ->
            found.other().isEmpty()
                ? new Failure(ExitCodes.ERROR, "there are no credentials for opencode", "")
                : new Failure(
                    ExitCodes.ERROR,
                    "opencode could use any of %s"
                        .formatted(String.join(", ", found.other().keySet())),
                    "say which with --provider"));
  }

  private Map<String, Object> json(Credentials found) {
    Map<String, Object> other = new LinkedHashMap<>();
    found.other().forEach((name, credential) -> other.put(name, json(credential)));
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("anthropic", found.anthropic().map(this::json));
    all.put("openai", found.openai().map(this::json));
    all.put("other", other);
    return all;
  }

  private Map<String, Object> json(Credential credential) {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("provider", credential.provider());
    object.put("source", credential.source().wireName());
    object.put("auth_type", credential.type().wireName());
    object.put("api_key", reveal ? credential.secret() : credential.redacted());
    object.put("redacted", !reveal);
    return object;
  }
}
