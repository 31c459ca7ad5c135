package dev.dunes.session;

import dev.dunes.gateway.ModelConfigurationException;
import dev.dunes.gateway.ModelUpstream;
import dev.dunes.gateway.ModelUpstreams;
import dev.dunes.gateway.RequestKeys;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Decides whether a request becomes a run, in the order of the Query API, 2.3. */
final class RunAcceptance {
  private static final int DEFAULT_TIMEOUT = 300;
  private static final int PROMPT_SHOWN = 100;
  private static final String NO_E2B_KEY =
      "e2b_api_key is required — pass it in the request body or set E2B_API_KEY in the environment";

  private final RunServices services;
  private final ProjectConfigFile project;
  private final LimitsFile limitsFile;

  RunAcceptance(RunServices services, ProjectConfigFile project, LimitsFile limitsFile) {
    this.services = services;
    this.project = project;
    this.limitsFile = limitsFile;
  }

  RunStart accept(RunRequest request, String id) {
    Map<String, String> variables = services.settings().all();
    List<ModelUpstream> upstreams = upstreams(request, variables);
    ProjectConfig config = project.current();
    Limits limits = limitsFile.current();
    String provider = services.places().choose(request, config);
    if (provider.equals(Places.E2B)
        && request.keys().e2b().isEmpty()
        && variables.getOrDefault("E2B_API_KEY", "").isBlank()) {
      throw RunRefusedException.invalid(NO_E2B_KEY);
    }
    request
        .resume()
        .ifPresent(session -> {
          if (!services.archive().has(session)) {
            throw RunRefusedException.unknownSession(session);
          }
        });
    List<String> warnings = new ArrayList<>();
    Duration timeout = timeout(request, config, limits, warnings);
    boolean keep =
        request.keepSession().orElseGet(() -> services.settings().on("DUNES_KEEP_SESSIONS"));
    return new RunStart(
        id, request, config, limits, provider, timeout, upstreams, variables, keep, warnings);
  }

  /** The record a run begins with. */
  RunRecord record(RunStart start, Instant now) {
    RunRequest request = start.request();
    return new RunRecord(
        start.id(),
        RunViews.cut(request.prompt(), PROMPT_SHOWN),
        request.model().or(start.config()::model),
        RunStatus.RUNNING,
        now,
        OptionalDouble.empty(),
        OptionalInt.empty(),
        OptionalDouble.empty(),
        Optional.empty(),
        request.files().count(),
        Optional.empty(),
        Optional.empty(),
        request.scope(),
        snapshot(start),
        "running");
  }

  private static ObjectNode snapshot(RunStart start) {
    RunRequest request = start.request();
    ObjectNode config = Json.object();
    request
        .model()
        .or(start.config()::model)
        .ifPresentOrElse(model -> config.put("model", model), () -> config.putNull("model"));
    OptionalInt turns =
        request.maxTurns().isPresent() ? request.maxTurns() : start.config().maxTurns();
    if (turns.isPresent()) {
      config.put("max_turns", turns.getAsInt());
    } else {
      config.putNull("max_turns");
    }
    config.put("timeout", start.timeout().toSeconds());
    Optional<List<String>> tools = request.allowedTools().or(start.config()::allowedTools);
    if (tools.isPresent()) {
      ArrayNode array = config.putArray("allowed_tools");
      tools.get().forEach(array::add);
    } else {
      config.putNull("allowed_tools");
    }
    ObjectNode files = config.putObject("files");
    request.files().contents().forEach((path, bytes) -> files.put(path, bytes.length));
    return config;
  }

  private static List<ModelUpstream> upstreams(RunRequest request, Map<String, String> variables) {
    List<ModelUpstream> found = new ArrayList<>();
    if (!request.agent().equals(RunRequest.DEFAULT_AGENT)) {
      add(found, () -> ModelUpstreams.openAi(variables));
      add(found, () -> ModelUpstreams.gemini(variables));
    }
    try {
      RequestKeys keys =
          RequestKeys.of(
              request.keys().anthropic().orElse(""), request.keys().openrouter().orElse(""));
      found.add(ModelUpstreams.resolve(variables, keys));
    } catch (ModelConfigurationException e) {
      if (found.isEmpty() || !e.nothingConfigured()) {
        throw RunRefusedException.invalid(String.valueOf(e.getMessage()));
      }
    } catch (IllegalArgumentException e) {
      throw RunRefusedException.invalid("anthropic_api_key is no key: " + e.getMessage());
    }
    return found;
  }

  private interface Lookup {
    Optional<ModelUpstream> find();
  }

  private static void add(List<ModelUpstream> found, Lookup lookup) {
    try {
      lookup.find().ifPresent(found::add);
    } catch (ModelConfigurationException e) {
      throw RunRefusedException.invalid(String.valueOf(e.getMessage()));
    }
  }

  private static Duration timeout(
      RunRequest request, ProjectConfig config, Limits limits, List<String> warnings) {
    int asked =
        request.timeoutSeconds().orElseGet(() -> config.timeoutSeconds().orElse(DEFAULT_TIMEOUT));
    int most =
        Math.min(
            limits.maxTimeoutSeconds(), limits.sessionTimeoutSeconds().orElse(Integer.MAX_VALUE));
    if (asked > most) {
      warnings.add(
          "timeout reduced from %d s to %d s: limits.yaml allows no more".formatted(asked, most));
    }
    return Duration.ofSeconds(Math.min(asked, most));
  }
}
