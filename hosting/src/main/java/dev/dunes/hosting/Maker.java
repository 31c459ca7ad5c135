package dev.dunes.hosting;

import dev.dunes.sandbox.Capability;
import dev.dunes.sandbox.InvalidRequestException;
import dev.dunes.sandbox.IsolationUnavailableException;
import dev.dunes.sandbox.Placement;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxInterruptedException;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.Sandboxes;
import dev.dunes.sandbox.UnsupportedCapabilityException;
import dev.dunes.sandbox.VolumeMount;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes sandboxes at the provider. */
final class Maker {
  private static final Logger LOG = LoggerFactory.getLogger(Maker.class);

  /** What is tried, from what is wanted to what any provider can. */
  private static final List<Limits> LIMITS =
      List.of(
          new Limits(true, true),
          new Limits(true, false),
          new Limits(false, true),
          new Limits(false, false));

  private final Supplier<Sandboxes> sandboxes;
  private final Optional<String> provider;
  private final boolean limitsRequired;
  private final String ledger;
  private final Spares spares;

  /** Which limits a provider can keep, once that is known. */
  private final Map<String, Limits> kept = new ConcurrentHashMap<>();

  private record Limits(boolean cpuAndMemory, boolean disk) {}

  Maker(
      Supplier<Sandboxes> sandboxes,
      Optional<String> provider,
      boolean limitsRequired,
      String ledger,
      Spares spares) {
    this.sandboxes = sandboxes;
    this.provider = provider;
    this.limitsRequired = limitsRequired;
    this.ledger = ledger;
    this.spares = spares;
  }

  String provider() {
    return provider(provider, sandboxes);
  }

  /** Where new sandboxes are made. */
  static String provider(Optional<String> named, Supplier<Sandboxes> sandboxes) {
    return named.orElseGet(() -> sandboxes.get().choice().name());
  }

  /**
   * Makes one that goes on when this server ends, if the provider can do that.
   *
   * @param lifetime after which it ends by itself, whatever happens to this server
   * @param image what it starts from; else the provider's default
   * @param network it has
   * @param volumes it has
   */
  Sandbox make(
      SandboxOrder order,
      String at,
      Duration lifetime,
      Optional<String> image,
      Ways.Network network,
      List<VolumeMount> volumes) {
    return make(order, at, lifetime, image, network, volumes, true);
  }

  /** Makes one that ends with this server and is in no ledger, to build in. */
  Sandbox passing(
      SandboxOrder order,
      String at,
      Duration lifetime,
      Optional<String> image,
      Ways.Network network) {
    return make(order, at, lifetime, image, network, List.of(), false);
  }

  private Sandbox make(
      SandboxOrder order,
      String at,
      Duration lifetime,
      Optional<String> image,
      Ways.Network network,
      List<VolumeMount> volumes,
      boolean listed) {
    Limits known = kept.get(at);
    List<Limits> tries =
        limitsRequired ? LIMITS.subList(0, 1) : known != null ? List.of(known) : LIMITS;
    SandboxException first = null;
    for (Limits limits : tries) {
      try {
        SandboxSpec spec = spec(order, at, lifetime, image, network, volumes, limits, listed);
        Sandbox sandbox =
            listed ? spares.get(at, spec) : sandboxes.get().create(spec, Placement.at(at));
        remember(at, limits, first);
        return sandbox;
      } catch (SandboxException e) {
        if (first == null) {
          first = e;
        }
        if (!aboutLimits(e)) {
          throw e;
        }
      }
    }
    throw first == null ? new IllegalStateException("nothing was tried") : first;
  }

  private void remember(
      String at, Limits limits, @org.jspecify.annotations.Nullable Exception why) {
    if (kept.put(at, limits) == null && why != null) {
      LOG.warn(
          "provider '{}' does not keep all limits of sandboxes; kept are:{}{} ({})",
          at,
          limits.cpuAndMemory() ? " processor, memory" : "",
          limits.disk() ? " disk" : "",
          why.getMessage());
    }
  }

  private SandboxSpec spec(
      SandboxOrder order,
      String at,
      Duration lifetime,
      Optional<String> image,
      Ways.Network network,
      List<VolumeMount> volumes,
      Limits limits,
      boolean listed) {
    SandboxSpec.Builder spec =
        SandboxSpec.builder()
            .lifetime(lifetime)
            .env("E2B_SANDBOX", "true")
            .env("E2B_SANDBOX_ID", order.id())
            .env("E2B_TEMPLATE_ID", order.template());
    network.way().ifPresent(way -> spec.relay(way.relay()).env(way.variables()));
    if (network.way().flatMap(Egress.Way::authority).isPresent()) {
      spec.env(Trust.VARIABLES);
    }
    volumes.forEach(spec::volume);
    spec.env(order.envs());
    if (listed) {
      spec.label(Ledger.LABEL_LEDGER, ledger)
          .label(Ledger.LABEL_SANDBOX, order.id())
          .label(Ledger.LABEL_ACCOUNT, order.account())
          .detached(sandboxes.get().provider(at).capabilities().has(Capability.PERSISTENT));
    }
    image.ifPresent(spec::image);
    order.workingDir().ifPresent(spec::workingDir);
    order.user().ifPresent(name -> spec.providerConfig("user", name));
    network.mode().ifPresent(spec::network);
    if (limits.cpuAndMemory()) {
      spec.cpuCores(order.cpuCores()).memoryMb(order.memoryMb());
    }
    if (limits.disk()) {
      spec.diskMb(order.diskMb());
    }
    return spec.build();
  }

  private static boolean aboutLimits(Throwable thrown) {
    return Stream.concat(
            Stream.iterate(thrown, t -> t != null, Throwable::getCause),
            Stream.of(thrown.getSuppressed()))
        .anyMatch(t ->
            t instanceof IsolationUnavailableException
                || t instanceof UnsupportedCapabilityException);
  }

  /** What a failure of the provider means to a client. */
  static HostingException failure(SandboxException e) {
    if (e instanceof SandboxInterruptedException) {
      throw e;
    }
    String why = e.getMessage() + e.remedy().map(remedy -> "; " + remedy).orElse("");
    return new HostingException(
        switch (e) {
          case UnsupportedCapabilityException unsupported -> HostingException.Reason.UNSUPPORTED;
          case InvalidRequestException invalid -> HostingException.Reason.INVALID;
          default -> HostingException.Reason.UNAVAILABLE;
        },
        why,
        e);
  }
}
