package dev.dunes.session;

import dev.dunes.agent.AgentPlacement;
import dev.dunes.gateway.EgressPolicy;
import dev.dunes.gateway.GatewayEvent;
import dev.dunes.gateway.GatewayLease;
import dev.dunes.gateway.LeaseSpec;
import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.Placement;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.spi.SandboxProvider;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Opens the place of a run: its way to the model, then its sandbox. */
final class RunPlaces {
  /** A sandbox outlives its run by this at most, should everything else fail. */
  private static final Duration SPARE = Duration.ofMinutes(3);

  private static final String E2B_TEMPLATE = "work-43ca/sandstorm";

  private final RunStart start;
  private final RunServices services;
  private final RunCleanup cleanup;

  RunPlaces(RunStart start, RunServices services, RunCleanup cleanup) {
    this.start = start;
    this.services = services;
    this.cleanup = cleanup;
  }

  /** The provider's name for people. */
  String title() {
    return Places.title(start.provider());
  }

  RunPlace open(RunPlan plan, AgentPlacement agent, Consumer<GatewayEvent> listener) {
    Places.Place place = services.places().open(start.provider(), start.request().keys());
    cleanup.opened(place);
    SandboxProvider provider = place.sandboxes().provider(start.provider());
    Doors.Door door = services.doors().open(provider, title());
    GatewayLease lease = door.gateway().lease(lease(plan, listener));
    cleanup.opened(lease);
    Sandbox sandbox =
        place.sandboxes().create(spec(provider, door, agent), Placement.at(start.provider()));
    cleanup.opened(sandbox);
    return new RunPlace(
        sandbox, home(sandbox), lease, door.baseUrl(), door.proxyVariables(lease.token()));
  }

  private HomePaths home(Sandbox sandbox) {
    if (Places.hasUsualHome(start.provider())) {
      return HomePaths.USUAL;
    }
    String home = sandbox.exec(Command.of("/bin/sh", "-c", "printf %s \"$HOME\"")).stdout().strip();
    if (!home.startsWith("/")) {
      throw new RunFailedException(
          FailureCode.SANDBOX_CREATE,
          "Failed to create %s sandbox: it has no home".formatted(title()));
    }
    return new HomePaths(home);
  }

  private LeaseSpec lease(RunPlan plan, Consumer<GatewayEvent> listener) {
    LeaseSpec.Builder lease = LeaseSpec.builder(start.id()).listener(listener);
    start.upstreams().values().forEach(lease::upstream);
    start.request().maxBudgetUsd().ifPresent(lease::budgetUsd);
    return lease.egress(new EgressPolicy(egress(plan))).build();
  }

  /** What the settings allow, and the hosts of the MCP servers that were configured. */
  private List<String> egress(RunPlan plan) {
    List<String> allowed = new ArrayList<>(EgressRules.configured(services.settings()));
    plan.mcpServers().ifPresent(servers -> EgressRules.hosts(servers).forEach(allowed::add));
    return allowed;
  }

  private SandboxSpec spec(SandboxProvider provider, Doors.Door door, AgentPlacement agent) {
    Limits limits = start.limits();
    Duration lifetime = start.timeout().plus(SPARE);
    SandboxSpec.Builder spec =
        SandboxSpec.builder()
            .lifetime(lifetime)
            .labels(
                services
                    .ownership()
                    .labels(start.id(), Instant.now().plus(lifetime), !limits.autoCleanup()));
    if (Places.hasUsualHome(start.provider())) {
      spec.workingDir(HomePaths.HOME);
    }
    limits.cpus().ifPresent(spec::cpuCores);
    limits.memoryBytes().ifPresent(bytes -> spec.memoryMb((int) Math.max(1, bytes >> 20)));
    limits.pids().ifPresent(spec::maxProcesses);
    door.relays().forEach(spec::relay);
    if (provider.takesMounts()) {
      agent.mounts().forEach(spec::mount);
    }
    switch (start.provider()) {
      case "docker" -> {
        limits.dockerImage().ifPresent(spec::image);
        limits.networkMode().ifPresent(mode -> spec.providerConfig("network_mode", mode));
      }
      case Places.E2B -> spec.image(services.settings().get("DUNES_TEMPLATE").orElse(E2B_TEMPLATE));
      default -> {}
    }
    return spec.build();
  }
}
