package dev.dunes.session;

import dev.dunes.agent.AgentPlacement;
import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.HostMount;
import dev.dunes.sandbox.Placement;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxInterruptedException;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.spi.SandboxProvider;
import dev.dunes.session.engine.Problems;
import dev.dunes.session.time.TimeLimit;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Opens and ends the sandboxes of sessions, and knows those that live. */
final class Boxes {
  private static final Logger LOG = LoggerFactory.getLogger(Boxes.class);
  private static final Duration CREATE_LIMIT = Duration.ofSeconds(60);
  private static final int USUAL_MOST = 100;
  private static final Duration DESTROY_LIMIT = Duration.ofSeconds(20);

  /** Each turn renews it; one that nobody renews any more is not wanted. */
  private static final Duration LIFETIME = Duration.ofHours(12);

  /** For who looks for what was left over: far away, since sessions may be long. */
  private static final Duration LABELLED = Duration.ofDays(30);

  private static final String E2B_TEMPLATE = "work-43ca/sandstorm";

  private final RunServices services;
  private final ProjectConfigFile project;
  private final Supplier<Limits> limits;
  private final Set<String> live = ConcurrentHashMap.newKeySet();
  private final ReentrantLock taking = new ReentrantLock();

  Boxes(RunServices services, ProjectConfigFile project, Supplier<Limits> limits) {
    this.services = services;
    this.project = project;
    this.limits = limits;
  }

  /** The ids of those that live. */
  Set<String> live() {
    return Set.copyOf(live);
  }

  /** The provider that one would come from. */
  String provider(Optional<String> asked) {
    return services.places().choose(asked, project.current(), false);
  }

  /**
   * Opens one.
   *
   * @param agents whose programs are shown in it
   * @throws SessionException {@code conflict} when as many as may be are open
   */
  Box open(SessionSpec spec, List<AgentPlacement> agents) {
    String provider = provider(spec.provider());
    String id = "session-" + UUID.randomUUID();
    try (TimeLimit limit = new TimeLimit(services.timers(), CREATE_LIMIT)) {
      take(id);
      return open(id, provider, spec, agents, limit);
    } catch (RunFailedException | RunRefusedException e) {
      live.remove(id);
      throw Problems.stream(String.valueOf(e.getMessage()), null, e);
    } catch (RuntimeException | Error e) {
      live.remove(id);
      throw e;
    }
  }

  private void take(String id) {
    int most = services.settings().number("DUNES_MAX_SESSION_SANDBOXES", USUAL_MOST, 1, 100_000);
    taking.lock();
    try {
      if (live.size() >= most) {
        throw Problems.conflict(
            "sessions have as many sandboxes open as they may: %d".formatted(most),
            "terminate a session or wait until one rests, or set DUNES_MAX_SESSION_SANDBOXES");
      }
      live.add(id);
    } finally {
      taking.unlock();
    }
  }

  private Box open(
      String id, String name, SessionSpec spec, List<AgentPlacement> agents, TimeLimit limit) {
    try {
      return open(id, name, spec, agents);
    } catch (SandboxInterruptedException e) {
      if (limit.expired()) {
        throw Problems.stream(
            "the sandbox was not ready after %d s".formatted(CREATE_LIMIT.toSeconds()),
            "look at what else this machine does",
            e);
      }
      throw e;
    }
  }

  private Box open(String id, String name, SessionSpec spec, List<AgentPlacement> agents) {
    Places.Place place = services.places().open(name, ProviderKeys.NONE);
    SandboxProvider provider = place.sandboxes().provider(name);
    Doors.Door door = services.doors().open(provider, Places.title(name));
    Sandbox sandbox =
        place
            .sandboxes()
            .create(spec(id, name, spec, door, mounts(provider, agents)), Placement.at(name));
    try {
      return new Box(id, sandbox, home(name, sandbox), door, LIFETIME);
    } catch (RuntimeException | Error e) {
      destroy(sandbox);
      throw e;
    }
  }

  private static List<HostMount> mounts(SandboxProvider provider, List<AgentPlacement> agents) {
    return provider.takesMounts()
        ? agents.stream().flatMap(agent -> agent.mounts().stream()).distinct().toList()
        : List.of();
  }

  private SandboxSpec spec(
      String id, String provider, SessionSpec asked, Doors.Door door, List<HostMount> mounts) {
    Limits usual = limits.get();
    SandboxSpec.Builder spec =
        SandboxSpec.builder()
            .lifetime(LIFETIME)
            .labels(services.ownership().labels(id, Instant.now().plus(LABELLED), false));
    if (Places.hasUsualHome(provider)) {
      spec.workingDir(HomePaths.HOME);
    }
    usual.cpus().ifPresent(spec::cpuCores);
    usual.memoryBytes().ifPresent(bytes -> spec.memoryMb((int) Math.max(1, bytes >> 20)));
    usual.pids().ifPresent(spec::maxProcesses);
    asked.cpus().ifPresent(spec::cpuCores);
    asked.memoryMb().ifPresent(spec::memoryMb);
    door.relays().forEach(spec::relay);
    mounts.forEach(spec::mount);
    switch (provider) {
      case "docker" -> {
        usual.dockerImage().ifPresent(spec::image);
        usual.networkMode().ifPresent(mode -> spec.providerConfig("network_mode", mode));
      }
      case Places.E2B -> spec.image(services.settings().get("DUNES_TEMPLATE").orElse(E2B_TEMPLATE));
      default -> {}
    }
    asked.template().ifPresent(spec::image);
    return spec.build();
  }

  private static String home(String provider, Sandbox sandbox) {
    if (Places.hasUsualHome(provider)) {
      return HomePaths.HOME;
    }
    String home = sandbox.exec(Command.of("/bin/sh", "-c", "printf %s \"$HOME\"")).stdout().strip();
    if (!home.startsWith("/")) {
      throw Problems.stream("the sandbox has no home", null, null);
    }
    return home;
  }

  /** Ends one with everything in it. */
  void close(Box box) {
    // Not the caller's interruption: it must end all the same.
    boolean interrupted = Thread.interrupted();
    try (TimeLimit _ = new TimeLimit(services.timers(), DESTROY_LIMIT)) {
      destroy(box.sandbox());
    } finally {
      live.remove(box.id());
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private static void destroy(Sandbox sandbox) {
    try {
      sandbox.destroy();
    } catch (SandboxException e) {
      LOG.error("sandbox {} of a session is left to the reaper", sandbox.id(), e);
    }
  }
}
