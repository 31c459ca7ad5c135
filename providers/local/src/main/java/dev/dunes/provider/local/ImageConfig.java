package dev.dunes.provider.local;

import java.io.IOException;
import java.io.Reader;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/**
 * How an image wants to be run.
 *
 * @param env variables, beneath those of the sandbox
 * @param workingDir where its commands start
 * @param user whom it wants to be; a sandbox has one user only, so this is only told
 */
record ImageConfig(Map<String, String> env, Optional<String> workingDir, Optional<String> user) {
  static final ImageConfig NONE = new ImageConfig(Map.of(), Optional.empty(), Optional.empty());

  private static final Pattern VARIABLE = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");
  private static final String ENV = "env.";
  private static final String WORKING_DIR = "workingDir";
  private static final String USER = "user";
  private static final int MOST_ENV = 64 << 10;

  /** They say who the user is, which is not up to the image. */
  private static final Set<String> OURS = Set.of("HOME", "USER", "LOGNAME");

  ImageConfig {
    env = Map.copyOf(env);
  }

  /** From the OCI's and Docker's JSON, which are alike here. */
  static ImageConfig of(byte[] json) {
    JsonNode config = OciLayout.parse(json, "the configuration").path("config");
    Map<String, String> env = new TreeMap<>();
    int length = 0;
    for (JsonNode each : config.path("Env")) {
      String line = each.asString("");
      int equals = line.indexOf('=');
      String name = equals < 0 ? line : line.substring(0, equals);
      length += line.length();
      if (VARIABLE.matcher(name).matches() && !OURS.contains(name) && line.indexOf('\0') < 0) {
        env.put(name, line.substring(Math.min(line.length(), name.length() + 1)));
      }
    }
    if (length > MOST_ENV) {
      throw BadImage.because(
          "its variables have %d characters, more than %d".formatted(length, MOST_ENV));
    }
    String directory = config.path("WorkingDir").asString("");
    boolean usable =
        directory.startsWith("/") && directory.indexOf('\0') < 0 && !directory.equals("/");
    return new ImageConfig(
        env,
        usable ? Optional.of(directory) : Optional.empty(),
        Optional.of(config.path("User").asString("")).filter(user -> !user.isEmpty()));
  }

  static ImageConfig read(Path file) throws IOException {
    if (Files.notExists(file)) {
      return NONE;
    }
    Properties properties = new Properties();
    try (Reader reader = Files.newBufferedReader(file)) {
      properties.load(reader);
    }
    Map<String, String> env = new TreeMap<>();
    for (String key : properties.stringPropertyNames()) {
      if (key.startsWith(ENV)) {
        env.put(key.substring(ENV.length()), properties.getProperty(key));
      }
    }
    return new ImageConfig(
        env,
        Optional.ofNullable(properties.getProperty(WORKING_DIR)),
        Optional.ofNullable(properties.getProperty(USER)));
  }

  void write(Path file) throws IOException {
    Properties properties = new Properties();
    env.forEach((name, value) -> properties.setProperty(ENV + name, value));
    workingDir.ifPresent(value -> properties.setProperty(WORKING_DIR, value));
    user.ifPresent(value -> properties.setProperty(USER, value));
    try (Writer writer = Files.newBufferedWriter(file)) {
      properties.store(writer, null);
    }
  }
}
