package dev.dunes.agent;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What agents and their installation depend on, besides their options.
 *
 * <p>Of the environment are read: {@code DUNES_AGENTS} (where agents are kept), {@code
 * DUNES_AGENTS_OFFLINE} (a directory of packages to install from, without network), {@code
 * DUNES_AGENTS_FILE} (agents of the user's own; else {@code dunes/agents.json} in {@code
 * XDG_CONFIG_HOME} or {@code ~/.config}), {@code DUNES_NPM_REGISTRY} and npm's own variables and
 * files, {@code HTTP_PROXY}, {@code HTTPS_PROXY}, {@code NO_PROXY}, {@code NODE_EXTRA_CA_CERTS} and
 * {@code SSL_CERT_FILE}.
 *
 * @param environment variables by name
 * @param home the user's home, for {@code .npmrc}
 * @param workingDir of the program, for the project's {@code .npmrc}
 */
public record AgentSettings(Map<String, String> environment, Path home, Path workingDir) {
  public AgentSettings {
    environment = Map.copyOf(environment);
    requireNonNull(home, "home");
    requireNonNull(workingDir, "workingDir");
  }

  /** Those of this process. */
  public static AgentSettings current() {
    return new AgentSettings(
        System.getenv(), Path.of(System.getProperty("user.home")), Path.of("").toAbsolutePath());
  }

  /** The same with another value for a variable. */
  public AgentSettings with(String variable, String value) {
    Map<String, String> changed = new HashMap<>(environment);
    changed.put(requireNonNull(variable, "variable"), requireNonNull(value, "value"));
    return new AgentSettings(changed, home, workingDir);
  }

  /** A variable that is set and not empty. */
  public Optional<String> variable(String name) {
    return Optional.ofNullable(environment.get(name)).filter(value -> !value.isBlank());
  }

  /** Never shows values: some are secrets. */
  @Override
  public String toString() {
    return "AgentSettings[" + home + ", " + workingDir + "]";
  }
}
