package dev.dunes.cli;

import dev.dunes.agent.credentials.Credential;
import dev.dunes.agent.credentials.Credentials;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code ds credentials extract-env}. Agent API, sheets 2.12 and 4.15. */
@CommandLine.Command(
    description = {
      "Prints keys as variables for a shell to read. Tokens of those who are signed in are no keys",
      "and left out.",
      ""
    })
final class CredentialsExtractEnv implements Verb {
  private static final Pattern PROVIDER = Pattern.compile("[A-Za-z][A-Za-z0-9_-]*");

  /** What every shell takes as it is. */
  private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9_./:=@%+,-]+");

  private final Console console;

  @Option(
      names = {"-e", "--export"},
      description = "Begin each line with `export `.")
  private boolean export;

  @Mixin private CredentialsOptions options = new CredentialsOptions();

  CredentialsExtractEnv(Console console) {
    this.console = console;
  }

  @Override
  public int run() {
    Credentials found = options.findKeys(console);
    Map<String, String> variables = new LinkedHashMap<>();
    found.anthropic().ifPresent(c -> add(variables, c, "ANTHROPIC_API_KEY", "CLAUDE_API_KEY"));
    found.openai().ifPresent(c -> add(variables, c, "OPENAI_API_KEY", "CODEX_API_KEY"));
    found.other().values().forEach(c -> addOther(variables, c));
    variables.forEach((name, value) ->
        console.print("%s%s=%s%n".formatted(export ? "export " : "", name, quoted(value))));
    return ExitCodes.OK;
  }

  private void addOther(Map<String, String> variables, Credential credential) {
    if (PROVIDER.matcher(credential.provider()).matches()) {
      String name = credential.provider().toUpperCase(Locale.ROOT).replace('-', '_') + "_API_KEY";
      add(variables, credential, name);
    } else {
      console.complain(
          "⚠️  the provider '%s' is left out: it makes no name of a variable"
              .formatted(Printable.line(credential.provider())));
    }
  }

  private static void add(Map<String, String> variables, Credential credential, String... names) {
    for (String name : names) {
      variables.putIfAbsent(name, credential.secret());
    }
  }

  /** As a word of a shell that means itself. */
  static String quoted(String value) {
    return PLAIN.matcher(value).matches() ? value : "'" + value.replace("'", "'\\''") + "'";
  }
}
