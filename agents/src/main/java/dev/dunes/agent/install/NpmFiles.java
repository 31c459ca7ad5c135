package dev.dunes.agent.install;

import dev.dunes.agent.AgentSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What npm is told by its environment ({@code npm_config_*}, any case) and its files ({@code
 * .npmrc} of the project and of the user), in this order; the first that has a key wins.
 */
final class NpmFiles {
  private static final String PREFIX = "npm_config_";
  private static final Pattern VARIABLE = Pattern.compile("\\$\\{([A-Za-z_][A-Za-z0-9_]*)(\\?)?}");

  private final Map<String, String> values = new LinkedHashMap<>();
  private final AgentSettings settings;

  NpmFiles(AgentSettings settings) {
    this.settings = settings;
    settings
        .environment()
        .forEach((name, value) -> {
          if (name.toLowerCase(Locale.ROOT).startsWith(PREFIX) && !value.isBlank()) {
            values.putIfAbsent(
                name.substring(PREFIX.length()).toLowerCase(Locale.ROOT).replace('_', '-'), value);
          }
        });
    read(settings.workingDir().resolve(".npmrc"));
    Path user = value("userconfig").map(Path::of).orElse(settings.home().resolve(".npmrc"));
    read(user);
  }

  /** The value of a key such as {@code registry} or {@code //host/:_authToken}. */
  Optional<String> value(String key) {
    return Optional.ofNullable(values.get(key)).filter(value -> !value.isBlank());
  }

  private void read(Path file) {
    if (!Files.isRegularFile(file)) {
      return;
    }
    try {
      for (String line : Files.readAllLines(file)) {
        String text = line.strip();
        int equals = text.indexOf('=');
        if (equals > 0 && !text.startsWith("#") && !text.startsWith(";")) {
          values.putIfAbsent(
              text.substring(0, equals).strip(), expand(text.substring(equals + 1).strip()));
        }
      }
    } catch (IOException e) {
      throw InstallFailure.of(
          "cannot read %s: %s".formatted(file, e.getMessage()), "make it readable, as UTF-8", e);
    }
  }

  private String expand(String value) {
    String bare =
        value.length() > 1 && value.startsWith("\"") && value.endsWith("\"")
            ? value.substring(1, value.length() - 1)
            : value;
    return VARIABLE
        .matcher(bare)
        .replaceAll(match ->
            Matcher.quoteReplacement(
                settings
                    .variable(match.group(1))
                    .orElse(match.group(2) == null ? match.group() : "")));
  }
}
