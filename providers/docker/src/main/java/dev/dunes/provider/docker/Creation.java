package dev.dunes.provider.docker;

import dev.dunes.guest.GuestBinary;
import dev.dunes.guest.GuestConnection;
import dev.dunes.guest.GuestConnection.Role;
import dev.dunes.guest.SandboxDirectory;
import dev.dunes.guest.SandboxRecord;
import dev.dunes.guest.SandboxStore;
import dev.dunes.provider.docker.Containers.Container;
import dev.dunes.sandbox.HostMount;
import dev.dunes.sandbox.InvalidRequestException;
import dev.dunes.sandbox.IsolationTier;
import dev.dunes.sandbox.IsolationUnavailableException;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.UnsupportedCapabilityException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;

/** Makes a container with a guest in it. */
final class Creation {
  private final DockerSandboxProvider provider;
  private final Daemon daemon;
  private final SandboxStore store;
  private final String instance;

  Creation(DockerSandboxProvider provider, Daemon daemon, SandboxStore store, String instance) {
    this.provider = provider;
    this.daemon = daemon;
    this.store = store;
    this.instance = instance;
  }

  /**
   * What was found out before anything is made.
   *
   * @param shared whether the daemon sees this machine's files
   */
  record Ready(Plan plan, ImageConfig image, boolean shared) {
    /** Whether the guest's socket can be a file that both sides see. */
    boolean socket(SandboxSpec spec) {
      // a kernel between them has sockets of its own; a limited disk must have no door beside it
      return shared && plan.tier() == IsolationTier.NAMESPACE && spec.diskMb().isEmpty();
    }
  }

  /** Refuses what cannot be given; fetches the image. */
  Ready check(SandboxSpec spec) {
    DaemonInfo info = daemon.info();
    if (!info.keepsLimits()) {
      throw new IsolationUnavailableException(
          "the Docker daemon at %s keeps no limits of memory and processes: it has no cgroups"
              .formatted(daemon.engine().address()),
          DockerErrors.details().withRemedy(DaemonInfo.LIMITS_REMEDY));
    }
    Plan plan = Plan.of(spec, daemon.settings(), info);
    boolean shared = daemon.sharesFiles();
    if (!shared && !(spec.mounts().isEmpty() && spec.relays().isEmpty())) {
      throw unsupported(
          spec.mounts().isEmpty() ? "relays" : "mounts",
          "the Docker daemon at %s does not see this machine's files"
              .formatted(daemon.engine().address()),
          "use a daemon on this machine, or leave them out");
    }
    if (!shared && plan.readOnly()) {
      throw unsupported(
          "providerConfig." + Plan.READ_ONLY,
          "the guest cannot be copied into a container whose files cannot be written",
          "use a daemon on this machine, or leave it out");
    }
    if (!spec.relays().isEmpty() && plan.tier() != IsolationTier.NAMESPACE) {
      throw unsupported(
          "relays",
          "runtime '%s' does not let a container connect to the host's sockets"
              .formatted(plan.runtime()),
          "use a runtime such as runc, or a network");
    }
    for (HostMount mount : spec.mounts()) {
      checkMount(mount);
    }
    return new Ready(plan, daemon.images().resolve(plan), shared);
  }

  /** The daemon's socket is root on its machine: no sandbox ever sees it. */
  private void checkMount(HostMount mount) {
    try {
      Path source = mount.source().toRealPath();
      if (daemon.engine().address() instanceof DaemonAddress.Unix unix
          && Files.exists(unix.socket())
          && unix.socket().toRealPath().startsWith(source)) {
        throw new InvalidRequestException(
            "mounts",
            "mounts: '%s' would show the sandbox the Docker daemon's socket"
                .formatted(mount.source()),
            DockerErrors.details().withRemedy("mount only what the sandbox needs"));
      }
    } catch (IOException e) {
      throw new InvalidRequestException(
          "mounts",
          "mounts: '%s' cannot be shown: %s".formatted(mount.source(), e.getMessage()),
          DockerErrors.details().withCause(e).withRemedy("name a file or directory that is there"));
    }
  }

  private static UnsupportedCapabilityException unsupported(
      String field, String why, String remedy) {
    return new UnsupportedCapabilityException(
        field + ": " + why, DockerErrors.details().withRemedy(remedy));
  }

  /** Only for the holder of the directory's lock, who clears away when it throws. */
  DockerSandbox make(SandboxDirectory directory, SandboxRecord first, Ready ready)
      throws IOException {
    SandboxSpec spec = first.spec();
    String id = first.id();
    SandboxPlace place = SandboxPlace.of(directory);
    ContainerRequest request = new ContainerRequest(spec, ready.plan(), ready.image());
    Optional<Path> socket = ready.socket(spec) ? Optional.of(place.socket()) : Optional.empty();
    bringGuest(request, place, ready.shared(), socket.isPresent());
    if (daemon.info().removesWhatRunsOn()) {
      request.leave(); // the reaper removes it
    }
    boolean powerful = request.user().isEmpty() && !daemon.info().remapsUsers();
    provider.lend(id, Relays.prepare(spec, request, place, powerful));
    daemon
        .containers()
        .create(
            id,
            request.toJson(
                ContainerLabels.of(id, instance, spec, ready.plan(), first.createdAt())));
    if (!ready.shared()) {
      copyGuest(id);
    }
    daemon.containers().start(id);
    GuestConnection connection =
        daemon.reach().first(id, socket, spec.detached() ? Role.VISITOR : Role.OWNER);
    boolean adopted = false;
    try {
      if (socket.isPresent() && request.user().isPresent()) {
        place.seal();
      }
      SandboxRecord record =
          Records.complete(first, ready.plan(), request.user(), socket.isPresent(), pid(id, ready));
      directory.write(record);
      DockerSandbox sandbox = new DockerSandbox(provider, Optional.of(directory), record, true);
      sandbox.adoptConnection(connection);
      adopted = true;
      if (!spec.detached()) {
        provider.own(sandbox);
      }
      spec.workingDir().ifPresent(sandbox::makeWorkingDirectory);
      return sandbox;
    } finally {
      if (!adopted) {
        connection.close();
      }
    }
  }

  private void bringGuest(
      ContainerRequest request, SandboxPlace place, boolean shared, boolean socket)
      throws IOException {
    if (!shared) {
      request.ownSocket();
      return;
    }
    Path program = GuestBinary.install(store.stateRoot().resolve("bin"));
    if (socket) {
      place.open();
      request.shared(program, place.run());
    } else {
      request.program(program);
    }
  }

  /** For a daemon that cannot mount this machine's files. */
  private void copyGuest(String id) {
    byte[] program = GuestBinary.read(daemon.info().architecture());
    Answer answer =
        daemon
            .engine()
            .putArchive(
                "/containers/%s/archive?path=/".formatted(Containers.name(id)),
                GuestArchive.of(program));
    if (!answer.ok()) {
      throw DockerErrors.refused("copy the guest into the container", answer);
    }
  }

  private OptionalLong pid(String id, Ready ready) {
    if (!ready.shared()) {
      return OptionalLong.empty();
    }
    long pid = daemon.containers().find(id).map(Container::pid).orElse(0L);
    return pid > 0 ? OptionalLong.of(pid) : OptionalLong.empty();
  }
}
