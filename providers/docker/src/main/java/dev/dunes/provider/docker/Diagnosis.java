package dev.dunes.provider.docker;

import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.spi.Check;
import dev.dunes.sandbox.spi.ProviderSettings;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Looks at a daemon and what sandboxes need of it. Makes nothing. */
final class Diagnosis {
  private static final String NO_DAEMON =
      "start it (systemctl start docker), or set DOCKER_HOST or DOCKER_CONTEXT";

  private final ProviderSettings settings;

  Diagnosis(ProviderSettings settings) {
    this.settings = settings;
  }

  List<Check> checks() {
    List<Check> checks = new ArrayList<>();
    try {
      DaemonAddresses addresses = new DaemonAddresses(settings);
      DaemonAddress address = addresses.find();
      DockerSettings set = DockerSettings.of(settings);
      Daemon daemon =
          new Daemon(new Engine(address), set, new RegistryLogin(addresses.configDirectory()));
      DaemonInfo info = daemon.info();
      checks.add(
          Check.ok(
              "daemon",
              "%s, version %s, %s, storage %s"
                  .formatted(address, info.version(), info.system(), info.storage())));
      checks.add(files(daemon));
      checks.add(runtimes(info, set));
      checks.add(confinement(info));
      checks.add(image(daemon, set));
    } catch (SandboxException e) {
      checks.add(
          Check.fail("daemon", String.valueOf(e.getMessage()), e.remedy().orElse(NO_DAEMON)));
    }
    return List.copyOf(checks);
  }

  private static Check files(Daemon daemon) {
    return daemon.sharesFiles()
        ? Check.ok(
            "files", "of this machine are the daemon's, too: mounts, relays, a shared socket")
        : Check.warn(
            "files",
            "the daemon does not see this machine's: no mounts, no relays, guests reached through it",
            "use a daemon on this machine; in a container mount DUNES_STATE at the same path and"
                + " set DUNES_DOCKER_SHARED_FILES=yes");
  }

  private static Check runtimes(DaemonInfo info, DockerSettings set) {
    String found = String.join(", ", info.runtimes());
    String used = set.runtime().orElse(info.defaultRuntime());
    return info.runtimes().contains(used)
        ? Check.ok("runtimes", "%s; used unless asked otherwise: %s".formatted(found, used))
        : Check.fail(
            "runtimes",
            "'%s' is chosen, and the daemon has %s".formatted(used, found),
            "name it under \"runtimes\" in daemon.json, or set DUNES_DOCKER_RUNTIME to another");
  }

  private static Check confinement(DaemonInfo info) {
    String users =
        info.rootless()
            ? "rootless"
            : info.remapsUsers() ? "user ids remapped" : "user ids of the daemon's machine";
    if (!info.keepsLimits()) {
      return Check.fail(
          "confinement", "no cgroups, so no limits; " + users, DaemonInfo.LIMITS_REMEDY);
    }
    return info.seccomp()
        ? Check.ok("confinement", "seccomp, no new privileges, five capabilities; " + users)
        : Check.warn(
            "confinement",
            "no system call filter; " + users,
            "use a daemon built with seccomp on a kernel that has it");
  }

  private static Check image(Daemon daemon, DockerSettings set) {
    Optional<ImageConfig> image = daemon.images().inspect(Images.reference(set.image()));
    return image.isPresent()
        ? Check.ok("image", set.image() + ", user " + image.get().user().orElse("root"))
        : Check.warn(
            "image",
            set.image() + " is not there",
            set.image().equals(DockerSettings.AGENT_IMAGE)
                ? "docker build -t sandstorm-agent:latest -f Dockerfile.agent ., or set"
                    + " DUNES_DOCKER_IMAGE"
                : "docker pull " + set.image());
  }
}
