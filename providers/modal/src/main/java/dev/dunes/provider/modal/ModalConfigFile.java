package dev.dunes.provider.modal;

import dev.dunes.sandbox.ErrorDetails;
import dev.dunes.sandbox.InvalidRequestException;
import dev.dunes.sandbox.spi.ProviderSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The file Modal's own command line writes: profiles, each a section of plain values. Cloud
 * providers 2.2.
 */
final class ModalConfigFile {
  private static final int MOST_BYTES = 1 << 20;

  /** Made when there is a file to read. */
  private static final class Syntax {
    static final Pattern SECTION =
        Pattern.compile("\\[\\s*(?:\"([^\"]+)\"|'([^']+)'|([A-Za-z0-9_-]+))\\s*]\\s*(?:#.*)?");
    static final Pattern VALUE =
        Pattern.compile(
            "([A-Za-z0-9_-]+)\\s*=\\s*(?:\"((?:[^\"\\\\]|\\\\.)*)\"|'([^']*)'|([^\\s\"'#]+))\\s*(?:#.*)?");

    private Syntax() {}
  }

  private ModalConfigFile() {}

  static Path path(ProviderSettings settings) {
    return settings
        .env("MODAL_CONFIG_PATH")
        .map(Path::of)
        .orElseGet(() ->
            Path.of(settings.env("HOME").orElse(System.getProperty("user.home")), ".modal.toml"));
  }

  /**
   * The values of the profile that counts: the named one, else the active one, else the only one,
   * else {@code default}. Empty when there is no file.
   */
  static Map<String, String> profile(ProviderSettings settings) {
    Path file = path(settings);
    Map<String, Map<String, String>> profiles = read(file);
    if (profiles.isEmpty()) {
      return Map.of();
    }
    Optional<String> named = settings.env("MODAL_PROFILE");
    if (named.isPresent() && !profiles.containsKey(named.get())) {
      throw new InvalidRequestException(
          "MODAL_PROFILE",
          "MODAL_PROFILE: %s has no profile '%s'".formatted(file, named.get()),
          ErrorDetails.remedy("use one of " + String.join(", ", profiles.keySet())));
    }
    return named
        .map(name -> profiles.getOrDefault(name, Map.of()))
        .or(() -> profiles.values().stream().filter(each -> truth(each.get("active"))).findFirst())
        .orElseGet(() ->
            profiles.size() == 1
                ? profiles.values().iterator().next()
                : profiles.getOrDefault("default", Map.of()));
  }

  private static boolean truth(@org.jspecify.annotations.Nullable String value) {
    return "true".equals(value);
  }

  private static Map<String, Map<String, String>> read(Path file) {
    try {
      if (!Files.isRegularFile(file)) {
        return Map.of();
      }
      if (Files.size(file) > MOST_BYTES) {
        throw broken(file, 0, "it has more than 1 MiB");
      }
      return parse(file, Files.readString(file));
    } catch (NoSuchFileException e) {
      return Map.of();
    } catch (IOException e) {
      throw new InvalidRequestException(
          "MODAL_CONFIG_PATH",
          "MODAL_CONFIG_PATH: %s cannot be read".formatted(file),
          ErrorDetails.remedy("make it readable, as UTF-8, or set the tokens as variables")
              .withCause(e));
    }
  }

  private static Map<String, Map<String, String>> parse(Path file, String text) {
    Map<String, Map<String, String>> profiles = new LinkedHashMap<>();
    Map<String, String> current = new LinkedHashMap<>();
    int number = 0;
    for (String line : text.lines().map(String::strip).toList()) {
      number++;
      if (line.isEmpty() || line.startsWith("#")) {
        continue;
      }
      Matcher section = Syntax.SECTION.matcher(line);
      Matcher value = Syntax.VALUE.matcher(line);
      if (section.matches()) {
        current = profiles.computeIfAbsent(first(section, 1, 2, 3), name -> new LinkedHashMap<>());
      } else if (value.matches()) {
        String quoted = value.group(2);
        current.put(value.group(1), quoted != null ? unescape(quoted) : first(value, 3, 4));
      } else {
        throw broken(file, number, "it is no section and no plain value");
      }
    }
    return profiles;
  }

  private static String first(Matcher matcher, int... groups) {
    for (int group : groups) {
      if (matcher.group(group) != null) {
        return matcher.group(group);
      }
    }
    return "";
  }

  /** Tokens and addresses need no more than these. */
  private static String unescape(String quoted) {
    return quoted.replace("\\\"", "\"").replace("\\\\", "\\");
  }

  /** Never shows the line: it may hold a key. */
  private static InvalidRequestException broken(Path file, int line, String why) {
    return new InvalidRequestException(
        "MODAL_CONFIG_PATH",
        "MODAL_CONFIG_PATH: line %d of %s cannot be read: %s".formatted(line, file, why),
        ErrorDetails.remedy("correct it, or set MODAL_TOKEN_ID and MODAL_TOKEN_SECRET"));
  }
}
