package dev.dunes.provider.docker;

import dev.dunes.sandbox.ErrorDetails;
import dev.dunes.sandbox.InvalidRequestException;
import dev.dunes.sandbox.IsolationTier;
import dev.dunes.sandbox.IsolationUnavailableException;
import dev.dunes.sandbox.NetworkMode;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.UnsupportedCapabilityException;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * What a specification asks of a container, checked before anything is made.
 *
 * @param image its name
 * @param runtime what runs it
 * @param network the network's name
 * @param user whom it runs as, when that is not the image's business
 * @param readOnly whether only the sandbox's working places can be written
 * @param pull whether its image is fetched
 * @param memoryBytes its memory, swap included
 * @param processes its processes and threads
 */
record Plan(
    String image,
    String runtime,
    String network,
    Optional<String> user,
    boolean readOnly,
    DockerSettings.Pull pull,
    long memoryBytes,
    int processes) {
  static final String RUNTIME = "runtime";
  static final String NETWORK = "network_mode";
  static final String USER = "user";
  static final String READ_ONLY = "read_only";
  static final String PULL = "pull";
  private static final Set<String> SETTINGS =
      new TreeSet<>(Set.of(RUNTIME, NETWORK, USER, READ_ONLY, PULL));

  private static final int DEFAULT_PROCESSES = 1024;
  private static final String NAME = "[A-Za-z0-9][A-Za-z0-9_.-]{0,127}";
  private static final String USER_NAME =
      "[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}(:[A-Za-z0-9_.-]{1,64})?";
  private static final String RUNSC = "runsc";

  static Plan of(SandboxSpec spec, DockerSettings settings, DaemonInfo daemon) {
    Map<String, String> config = spec.providerConfig();
    for (String key : config.keySet()) {
      if (!SETTINGS.contains(key)) {
        throw new InvalidRequestException(
            "providerConfig." + key,
            "providerConfig.%s: provider 'docker' has no such setting".formatted(key),
            ErrorDetails.remedy("leave it out; there are " + String.join(", ", SETTINGS)));
      }
    }
    if (!spec.volumes().isEmpty()) {
      throw new UnsupportedCapabilityException(
          "volumes: not with provider 'docker'",
          DockerErrors.details().withRemedy("leave them out, or use provider 'local'"));
    }
    Optional<String> user =
        Optional.ofNullable(config.get(USER)).or(settings::user).map(name -> user(name));
    return new Plan(
        spec.image().orElse(settings.image()),
        runtime(spec, settings, daemon),
        network(spec),
        user,
        Optional.ofNullable(config.get(READ_ONLY))
            .filter(text -> DockerSettings.flag("providerConfig." + READ_ONLY, text))
            .isPresent(),
        Optional.ofNullable(config.get(PULL))
            .map(text -> DockerSettings.Pull.of("providerConfig." + PULL, text))
            .orElse(settings.pull()),
        spec.memoryMb().isPresent()
            ? ((long) spec.memoryMb().getAsInt()) << 20
            : daemon.memoryBytes() / 2,
        spec.maxProcesses().orElse(DEFAULT_PROCESSES));
  }

  private static String user(String name) {
    if (!name.matches(USER_NAME)) {
      throw InvalidRequestException.field(
          "providerConfig." + USER, name, "a user's name or number, with :GROUP if need be");
    }
    return name;
  }

  private static String runtime(SandboxSpec spec, DockerSettings settings, DaemonInfo daemon) {
    boolean gvisor = spec.isolation().filter(IsolationTier.GVISOR::equals).isPresent();
    String runtime =
        Optional.ofNullable(spec.providerConfig().get(RUNTIME))
            .or(settings::runtime)
            .orElse(gvisor ? RUNSC : daemon.defaultRuntime());
    IsolationTier given = DaemonInfo.tier(runtime);
    spec.isolation()
        .filter(wanted -> !given.atLeast(wanted))
        .ifPresent(wanted -> {
          throw new IsolationUnavailableException(
              "isolation: provider 'docker' with runtime '%s' gives '%s', not '%s'"
                  .formatted(runtime, given.wireName(), wanted.wireName()),
              DockerErrors.details()
                  .withRemedy(
                      "ask for 'namespace', or set runtime to one that is stronger: runsc (gVisor),"
                          + " kata-runtime"));
        });
    if (!daemon.runtimes().contains(runtime)) {
      throw new IsolationUnavailableException(
          "runtime: the Docker daemon has no runtime '%s'; it has %s"
              .formatted(runtime, String.join(", ", daemon.runtimes())),
          DockerErrors.details()
              .withRemedy(
                  "install it and name it under \"runtimes\" in /etc/docker/daemon.json, or leave"
                      + " it out"));
    }
    return runtime;
  }

  private static String network(SandboxSpec spec) {
    String named = spec.providerConfig().get(NETWORK);
    if (named != null) {
      if (!named.matches(NAME)) {
        throw InvalidRequestException.field(
            "providerConfig." + NETWORK, named, "none, bridge, host or the name of a network");
      }
      return named;
    }
    return spec.network().orElse(NetworkMode.NONE).name().toLowerCase(Locale.ROOT);
  }

  IsolationTier tier() {
    return DaemonInfo.tier(runtime);
  }
}
