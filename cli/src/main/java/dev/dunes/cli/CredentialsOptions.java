package dev.dunes.cli;

import dev.dunes.agent.credentials.Credentials;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Where credentials are looked for. */
final class CredentialsOptions {
  @Option(
      names = {"-d", "--home-dir"},
      paramLabel = "DIR",
      description = "Look into the files of this home (default: yours).")
  private Optional<String> home = Optional.empty();

  @Option(names = "--no-oauth", description = "Leave out the tokens of those who are signed in.")
  private boolean withoutOauth;

  /** What is found; what could not be read is said. */
  Credentials find(Console console) {
    return find(console, !withoutOauth);
  }

  /** The same without what is no key, asked for or not. */
  Credentials findKeys(Console console) {
    return find(console, false);
  }

  private Credentials find(Console console, boolean oauth) {
    Path files =
        home.map(console.directory()::resolve)
            .or(() -> console.env("HOME").map(Path::of))
            .orElseGet(() -> Path.of(System.getProperty("user.home")));
    Credentials found = Credentials.find(console.environment(), files, oauth);
    found.problems().forEach(line -> console.complain("⚠️  " + Printable.line(line)));
    return found;
  }
}
