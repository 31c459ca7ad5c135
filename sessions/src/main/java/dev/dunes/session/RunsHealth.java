package dev.dunes.session;

import dev.dunes.gateway.ModelConfigurationException;
import dev.dunes.gateway.ModelUpstreams;
import dev.dunes.gateway.RequestKeys;
import dev.dunes.sandbox.SandboxException;
import java.util.Map;
import java.util.Optional;

/** Answers questions about the state of things. Each asks anew. */
public final class RunsHealth {
  private final RunServices services;
  private final ProjectConfigFile project;
  private final LimitsFile limits;

  RunsHealth(RunServices services, ProjectConfigFile project, LimitsFile limits) {
    this.services = services;
    this.project = project;
    this.limits = limits;
  }

  /** Whether a variable is set. */
  public boolean isSet(String variable) {
    return !services.settings().all().getOrDefault(variable, "").isBlank();
  }

  /** Whether the environment names a model provider that a run could use. */
  public boolean modelConfigured() {
    try {
      ModelUpstreams.resolve(services.settings().all(), RequestKeys.NONE);
      return true;
    } catch (ModelConfigurationException e) {
      return false;
    }
  }

  /** The provider a plain request would get; empty when none can be used. */
  public Optional<String> provider() {
    try {
      return Optional.of(
          services.places().choose(RunRequest.builder("x").build(), project.current()));
    } catch (RunRefusedException | SandboxException e) {
      return Optional.empty();
    }
  }

  /** Whether that provider answers; at most 10 s. */
  public boolean sandboxesWork() {
    return provider().map(name -> services.places().sandboxes().healthCheck(name)).orElse(false);
  }

  /** What is wrong with the configuration files, by name; empty when nothing is. */
  public Map<String, String> problems() {
    Map<String, String> found = new java.util.LinkedHashMap<>();
    try {
      project.current();
    } catch (RunRefusedException e) {
      found.put("sandstorm.json", String.valueOf(e.getMessage()));
    }
    project.problem().ifPresent(problem -> found.putIfAbsent("sandstorm.json", problem));
    try {
      limits.current();
    } catch (RunRefusedException e) {
      found.put("limits.yaml", String.valueOf(e.getMessage()));
    }
    return found;
  }
}
