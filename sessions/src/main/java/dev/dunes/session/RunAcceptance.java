package dev.dunes.session;

import dev.dunes.agent.Agent;
import dev.dunes.agent.AgentException;
import dev.dunes.agent.ModelAccess;
import dev.dunes.agent.ModelDialect;
import dev.dunes.gateway.ModelConfigurationException;
import dev.dunes.gateway.ModelUpstream;
import dev.dunes.gateway.ModelUpstreams;
import dev.dunes.gateway.RequestKeys;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
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
    Agent agent = agent(request);
    Map<ModelDialect, ModelUpstream> upstreams = upstreams(agent, request, variables);
    ProjectConfig config = project.current();
    check(agent, request, config, variables, upstreams);
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

  private Agent agent(RunRequest request) {
    try {
      return services.agents().apply(request.agent());
    } catch (AgentException e) {
      throw refused("agent", e);
    }
  }

  private static RunRefusedException refused(String field, AgentException e) {
    String remedy = e.remedy().map(" (%s)"::formatted).orElse("");
    return RunRefusedException.invalidField(field, e.getMessage() + remedy);
  }

  /**
   * What an agent cannot do is refused before a sandbox is made. Claude Code takes all that a
   * request can say.
   */
  private void check(
      Agent agent,
      RunRequest request,
      ProjectConfig config,
      Map<String, String> variables,
      Map<ModelDialect, ModelUpstream> upstreams) {
    if (request.agent().equals(RunRequest.DEFAULT_AGENT)) {
      return;
    }
    agent
        .traits()
        .unavailable()
        .ifPresent(why -> {
          throw RunRefusedException.invalidField(
              "agent", "agent %s cannot be driven: %s".formatted(agent.id(), why));
        });
    RunPlan plan;
    try {
      plan = new RunPlanner(request, config, variables, services.directory()).plan("");
    } catch (RunFailedException e) {
      throw RunRefusedException.invalid(String.valueOf(e.getMessage()));
    }
    // Not yet known: neither decides whether a wish can be fulfilled.
    ModelAccess access = RunOptions.access(agent, "http://127.0.0.1", "none", upstreams);
    try {
      agent.check(RunOptions.of(agent, request, plan, access).build());
    } catch (AgentException e) {
      throw refused("agent", e);
    }
  }

  /** For each of the agent's protocols that has an answer. */
  private static Map<ModelDialect, ModelUpstream> upstreams(
      Agent agent, RunRequest request, Map<String, String> variables) {
    Map<ModelDialect, ModelUpstream> found = new EnumMap<>(ModelDialect.class);
    List<String> missing = new ArrayList<>();
    for (ModelDialect dialect : agent.traits().dialects()) {
      try {
        upstream(dialect, request, variables)
            .ifPresentOrElse(
                upstream -> found.put(dialect, upstream),
                () -> missing.add("%s_API_KEY is required".formatted(dialect)));
      } catch (ModelConfigurationException e) {
        if (!e.nothingConfigured()) {
          throw RunRefusedException.invalid(String.valueOf(e.getMessage()));
        }
        missing.add(String.valueOf(e.getMessage()));
      }
    }
    if (found.isEmpty() && !missing.isEmpty()) {
      throw RunRefusedException.invalid(String.join(", or ", missing));
    }
    return found;
  }

  private static Optional<ModelUpstream> upstream(
      ModelDialect dialect, RunRequest request, Map<String, String> variables) {
    return switch (dialect) {
      case ANTHROPIC -> Optional.of(ModelUpstreams.resolve(variables, keys(request)));
      case OPENAI -> ModelUpstreams.openAi(variables);
      case GEMINI -> ModelUpstreams.gemini(variables);
    };
  }

  private static RequestKeys keys(RunRequest request) {
    try {
      return RequestKeys.of(
          request.keys().anthropic().orElse(""), request.keys().openrouter().orElse(""));
    } catch (IllegalArgumentException e) {
      throw RunRefusedException.invalid("anthropic_api_key is no key: " + e.getMessage());
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
