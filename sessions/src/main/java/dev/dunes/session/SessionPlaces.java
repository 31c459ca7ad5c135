package dev.dunes.session;

import static java.util.Objects.requireNonNull;

import dev.dunes.agent.Agent;
import dev.dunes.agent.AgentPlacement;
import dev.dunes.agent.AgentTraits;
import dev.dunes.agent.InstallProgress;
import dev.dunes.agent.ModelDialect;
import dev.dunes.gateway.EgressPolicy;
import dev.dunes.gateway.GatewayLease;
import dev.dunes.gateway.LeaseSpec;
import dev.dunes.gateway.ModelConfigurationException;
import dev.dunes.gateway.ModelUpstream;
import dev.dunes.gateway.ModelUpstreams;
import dev.dunes.gateway.RequestKeys;
import dev.dunes.sandbox.SecretMask;
import dev.dunes.session.engine.AgentPlace;
import dev.dunes.session.engine.PlaceOpener;
import dev.dunes.session.engine.Problems;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Opens the places of sessions: a box of their own or a shared one, and a lease at its gateway. */
final class SessionPlaces implements PlaceOpener {
  private final RunServices services;
  private final Boxes boxes;
  private final SharedWorkspaces workspaces;

  SessionPlaces(RunServices services, Boxes boxes, SharedWorkspaces workspaces) {
    this.services = services;
    this.boxes = boxes;
    this.workspaces = workspaces;
  }

  @Override
  public void check(SessionSpec spec, AgentTraits traits) {
    if (traits.inProcess()) {
      return;
    }
    upstreams(traits);
    try {
      boxes.provider(spec.provider());
      // A server whose address is none is found now, not when the sandbox is there.
      spec.mcpServers()
          .ifPresent(servers -> EgressRules.hosts(servers).forEach(host -> requireNonNull(host)));
    } catch (RunRefusedException | RunFailedException e) {
      throw Problems.invalid(String.valueOf(e.getMessage()), null);
    }
  }

  @Override
  public boolean credentials(AgentTraits traits) {
    try {
      upstreams(traits);
      return true;
    } catch (SessionException e) {
      return false;
    }
  }

  /**
   * Where models can be asked, for each of the agent's protocols that has an answer.
   *
   * @throws SessionException when there is none, although it needs one
   */
  private Map<ModelDialect, ModelUpstream> upstreams(AgentTraits traits) {
    Map<ModelDialect, ModelUpstream> found = new EnumMap<>(ModelDialect.class);
    Map<String, String> variables = services.settings().all();
    List<String> missing = new ArrayList<>();
    for (ModelDialect dialect : traits.dialects()) {
      try {
        upstream(dialect, variables)
            .ifPresentOrElse(
                upstream -> found.put(dialect, upstream), () -> missing.add(missing(dialect)));
      } catch (ModelConfigurationException e) {
        if (!e.nothingConfigured()) {
          throw Problems.invalid(String.valueOf(e.getMessage()), "correct that setting");
        }
        missing.add(missing(dialect));
      }
    }
    if (found.isEmpty() && !traits.dialects().isEmpty()) {
      throw Problems.invalid(
          "no model can be asked: set " + String.join(" or ", missing),
          "set it in the environment or in .env");
    }
    return found;
  }

  private static Optional<ModelUpstream> upstream(
      ModelDialect dialect, Map<String, String> variables) {
    return switch (dialect) {
      case ANTHROPIC -> Optional.of(ModelUpstreams.resolve(variables, RequestKeys.NONE));
      case OPENAI -> ModelUpstreams.openAi(variables);
      case GEMINI -> ModelUpstreams.gemini(variables);
    };
  }

  private static String missing(ModelDialect dialect) {
    return switch (dialect) {
      case ANTHROPIC -> "ANTHROPIC_API_KEY";
      case OPENAI -> "OPENAI_API_KEY";
      case GEMINI -> "GEMINI_API_KEY";
    };
  }

  @Override
  public AgentPlace open(String id, SessionSpec spec, Agent agent) {
    Map<ModelDialect, ModelUpstream> upstreams = upstreams(agent.traits());
    Box box =
        spec.workspace().isPresent()
            ? workspaces.box(spec.workspace().get())
            : boxes.open(spec, placement(agent));
    boolean shared = spec.workspace().isPresent();
    try {
      GatewayLease lease = box.door().gateway().lease(lease(id, spec, upstreams));
      return new LeasedPlace(
          box,
          shared,
          lease,
          RunOptions.access(agent, box.door().baseUrl(), lease.token(), upstreams),
          mask(spec, lease),
          boxes::close);
    } catch (RuntimeException | Error e) {
      if (!shared) {
        boxes.close(box);
      }
      throw e;
    }
  }

  /** Every key this session could get hold of, under names that tell. */
  private SecretMask mask(SessionSpec spec, GatewayLease lease) {
    Map<String, String> secrets = new HashMap<>(services.settings().all());
    spec.env().forEach((name, value) -> secrets.put("session." + name, value));
    secrets.put("lease.TOKEN", lease.token());
    return SecretMask.of(secrets);
  }

  private static List<AgentPlacement> placement(Agent agent) {
    return List.of(agent.prepare(InstallProgress.SILENT));
  }

  private LeaseSpec lease(String id, SessionSpec spec, Map<ModelDialect, ModelUpstream> upstreams) {
    LeaseSpec.Builder lease = LeaseSpec.builder(id);
    upstreams.values().forEach(lease::upstream);
    spec.maxBudgetUsd().ifPresent(lease::budgetUsd);
    return lease.egress(new EgressPolicy(EgressRules.of(services.settings(), spec))).build();
  }
}
