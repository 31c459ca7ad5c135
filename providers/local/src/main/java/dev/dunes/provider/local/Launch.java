package dev.dunes.provider.local;

import dev.dunes.guest.GuestConnection;
import dev.dunes.guest.GuestIdentity;
import dev.dunes.guest.GuestTransport;
import dev.dunes.guest.ProcessIdentity;
import dev.dunes.sandbox.ErrorDetails;
import dev.dunes.sandbox.HostRelay;
import dev.dunes.sandbox.IsolationUnavailableException;
import dev.dunes.sandbox.NetworkMode;
import dev.dunes.sandbox.ProviderException;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxInterruptedException;
import dev.dunes.sandbox.SandboxSpec;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Starts one sandbox: {@code dunes-guest launch} makes the mounts, binds the guest's socket, drops
 * to the sandbox's user id and becomes bubblewrap, which builds the namespaces and becomes the
 * guest.
 */
final class Launch {
  private static final Logger LOG = LoggerFactory.getLogger(Launch.class);
  static final Duration GREETING_LIMIT = Duration.ofSeconds(20);
  private static final Duration CHILD_LIMIT = Duration.ofSeconds(5);
  private static final int AWAIT_OWNER_MILLIS = 10_000;
  private static final int LONGEST_SOCKET_PATH = 107;
  private static final int LOG_SHOWN = 2000;
  private static final long LOOK_NANOS = 100_000;

  /** From the launcher's word to bubblewrap's: it is executed and makes seven namespaces. */
  private static final long FIRST_LOOK_NANOS = 1_000_000;

  private final LocalState state;
  private final Launchers launchers;
  private final LocalHost host;
  private final String id;
  private final SandboxSpec spec;
  private final SandboxPaths paths;
  private final int uid;
  private final Image image;
  private final Limits limits;
  private final SandboxRuntime runtime;

  Launch(
      LocalState state,
      Launchers launchers,
      LocalHost host,
      String id,
      SandboxSpec spec,
      SandboxPaths paths,
      int uid,
      Image image,
      Limits limits,
      SandboxRuntime runtime) {
    this.state = state;
    this.launchers = launchers;
    this.host = host;
    this.id = id;
    this.spec = spec;
    this.paths = paths;
    this.uid = uid;
    this.image = image;
    this.limits = limits;
    this.runtime = runtime;
  }

  /** Called as soon as the guest's process exists, while it is still starting. */
  interface Recorder {
    void record(ProcessIdentity guest) throws IOException;
  }

  /**
   * Starts it and greets its guest. When it throws, the processes it started are ending.
   *
   * @param cgroups makes the sandbox's cgroups
   */
  GuestConnection start(
      WritablePlaces places, Supplier<SandboxCgroups> cgroups, Recorder recorder) {
    try {
      checkSocketPath();
      List<String> arguments = arguments(places);
      LaunchedProcess process = launchers.launch(arguments);
      CgroupJoin join = CgroupJoin.begin(cgroups, process);
      try {
        if (!process.listening()) {
          throw explain(null);
        }
        return greet(process, join, recorder);
      } catch (IOException | SandboxException | InterruptedException e) {
        abandon(process, join);
        throw e;
      }
    } catch (InterruptedException e) {
      throw new SandboxInterruptedException("starting a sandbox", e);
    } catch (IOException e) {
      throw LocalErrors.disk("start the sandbox", e);
    }
  }

  private void abandon(LaunchedProcess process, CgroupJoin join) {
    awaitChild(process);
    process.kill();
    join.settle(); // so that no cgroup is made after the clean-up has looked for them
  }

  /**
   * What bubblewrap has just forked waits for its word before it becomes the guest, for ever if
   * bubblewrap is killed before it has given it. So it is killed only once the child is written
   * down, for the clean-up to find, or has ended by itself.
   */
  private void awaitChild(LaunchedProcess process) {
    boolean interrupted = false;
    long deadline = System.nanoTime() + CHILD_LIMIT.toNanos();
    while (process.isAlive() && !childKnown() && System.nanoTime() - deadline < 0) {
      LockSupport.parkNanos(LOOK_NANOS);
      interrupted |= Thread.interrupted();
    }
    endChildren(process);
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private static void endChildren(LaunchedProcess process) {
    try {
      if (process.isAlive()) {
        ProcessHandle.of(process.pid()).stream()
            .flatMap(ProcessHandle::children)
            .forEach(ProcessHandle::destroyForcibly);
      }
    } catch (IOException e) {
      LOG.debug("a launcher that was never started has no children: {}", e.toString());
    }
  }

  private boolean childKnown() {
    try {
      return GuestProcess.of(paths).isPresent();
    } catch (IOException e) {
      return false;
    }
  }

  /**
   * Three things at once: the guest starts and answers, the cgroups are made, the record is
   * written.
   */
  private GuestConnection greet(LaunchedProcess process, CgroupJoin join, Recorder recorder)
      throws IOException, InterruptedException {
    GuestConnection.Role role =
        spec.detached() ? GuestConnection.Role.VISITOR : GuestConnection.Role.OWNER;
    GuestTransport transport = connected();
    CompletableFuture<GuestConnection> greeting = new CompletableFuture<>();
    Thread.ofVirtual().name("guest-greeting").start(() -> open(transport, role, greeting));
    try {
      ProcessIdentity guest = awaitGuest(process, greeting);
      recorder.record(guest);
      GuestConnection connection = greeting.get();
      join.finish(guest.pid());
      return connection;
    } catch (ExecutionException e) {
      throw explain(
          (SandboxException)
              e.getCause()); // bubblewrap gave up before it became the guest, and said why
    } catch (IOException | SandboxException | InterruptedException e) {
      transport.close();
      throw e;
    }
  }

  /** It listened a moment ago: who does so no more has ended since, and may have said why. */
  private GuestTransport connected() {
    try {
      return connect(paths.socket());
    } catch (IOException e) {
      throw explain(LocalErrors.disk("start the sandbox", e));
    }
  }

  static GuestIdentity identity(String id) {
    return new GuestIdentity(LocalSandboxProvider.NAME, id);
  }

  private void open(
      GuestTransport transport,
      GuestConnection.Role role,
      CompletableFuture<GuestConnection> greeting) {
    try {
      greeting.complete(GuestConnection.open(transport, identity(id), role, GREETING_LIMIT));
    } catch (SandboxException e) {
      greeting.completeExceptionally(e);
    }
  }

  /**
   * The runtime writes down the guest's process id as soon as it has one, an OCI runtime perhaps a
   * little after the guest has answered; nothing announces it, so this looks.
   */
  private ProcessIdentity awaitGuest(
      LaunchedProcess process, CompletableFuture<GuestConnection> greeting)
      throws IOException, ExecutionException, InterruptedException {
    long deadline = System.nanoTime() + GREETING_LIMIT.toNanos();
    long pause = FIRST_LOOK_NANOS; // each look costs as much as half a pause
    while (true) {
      LockSupport.parkNanos(pause);
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
      pause = 2 * LOOK_NANOS;
      boolean answered = greeting.isDone();
      Optional<ProcessIdentity> guest = GuestProcess.of(paths);
      if (guest.isPresent()) {
        return guest.get();
      }
      if (answered) {
        greeting.get();
      }
      if (answered && !process.isAlive() || System.nanoTime() - deadline > 0) {
        throw new ProviderException("the sandbox ended as soon as it had started: " + log());
      }
    }
  }

  /** A connection to a guest's socket. */
  static GuestTransport connect(Path socket) throws IOException {
    SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
    try {
      channel.connect(UnixDomainSocketAddress.of(socket));
      return GuestTransport.over(channel);
    } catch (IOException e) {
      channel.close();
      throw e;
    }
  }

  private void checkSocketPath() throws IOException {
    if (paths.socket().toString().length() > LONGEST_SOCKET_PATH) {
      throw new IOException(
          "the path of the sandbox's socket is longer than "
              + LONGEST_SOCKET_PATH
              + " characters; set DUNES_STATE to a shorter directory");
    }
  }

  /** For {@code dunes-guest launch}. */
  private List<String> arguments(WritablePlaces places) throws IOException {
    NetworkMode network = spec.network().orElse(NetworkMode.NONE);
    SandboxView view = new SandboxView(id, network, image.config().env());
    places.prepare(view, state.etc(network == NetworkMode.HOST));
    RelaySockets relays = new RelaySockets(spec.relays(), paths, uid);
    HostMounts mounts = new HostMounts(spec.mounts(), paths, uid);
    Volumes volumes = new Volumes(host, state.share(), paths, uid);
    volumes.prepare(spec.volumes(), image.view());
    places.rootLayer().ifPresent(mounts::makePoints);
    places.rootLayer().ifPresent(volumes::makePoints);
    view.guest(state.guest(), relays.sources());
    view.bootId(bootId());
    view.steps().addAll(mounts.steps());
    view.steps().addAll(volumes.steps());
    view.sealRoot();

    List<String> command = new ArrayList<>(List.of("--log", paths.log().toString()));
    command.addAll(places.launcherOptions());
    command.addAll(relays.launcherOptions());
    command.addAll(mounts.launcherOptions());
    command.addAll(volumes.launcherOptions());
    command.addAll(List.of("--listen", paths.socket().toString()));
    command.addAll(List.of("--seccomp", state.seccomp().toString(), "--rlimit", "core=0:0"));
    if (uid > 0) {
      command.addAll(List.of("--uid", Integer.toString(uid), "--gid", Integer.toString(uid)));
    }
    Path program = host.runtimes().program(runtime);
    command.addAll(new RuntimeCommand(runtime, program, paths, uid).of(id, view, guestArguments()));
    return command;
  }

  /** Another one at each start; the sandbox's user reads it and cannot change it. */
  private Path bootId() throws IOException {
    Path file = Files.writeString(paths.bootId(), UUID.randomUUID() + "\n");
    return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
  }

  private List<String> guestArguments() {
    List<String> arguments =
        new ArrayList<>(List.of("guest", "--init", "--listen-fd", "3", "--user", "user"));
    arguments.addAll(List.of("--workdir", spec.workingDir().orElse(image.workingDir())));
    arguments.addAll(List.of("--deadline-ms", Long.toString(spec.lifetime().toMillis())));
    if (!spec.detached()) {
      arguments.addAll(List.of("--await-owner-ms", Integer.toString(AWAIT_OWNER_MILLIS)));
    }
    limits
        .guestProcesses(LocalHost.countsProcessesByNamespace())
        .ifPresent(most -> arguments.addAll(List.of("--processes", Integer.toString(most))));
    for (HostRelay relay : spec.relays()) {
      arguments.addAll(List.of("--relay", relay.port() + "=" + SandboxView.relayInside(relay)));
    }
    return arguments;
  }

  /** What went wrong, from the words of whoever gave up. */
  private SandboxException explain(@org.jspecify.annotations.Nullable SandboxException seen) {
    String log = log();
    if (log.isEmpty() && seen != null) {
      return seen;
    }
    ErrorDetails details = seen == null ? ErrorDetails.NONE : ErrorDetails.cause(seen);
    if (log.contains("No permissions to create")
        || log.contains("Creating new namespace failed")
        || log.contains("setting up uid map")) {
      return new IsolationUnavailableException(
          "this machine does not let "
              + (host.root() ? "root" : "this user")
              + " make user namespaces: "
              + log,
          details.withRemedy("`ds doctor` says which setting forbids it and how to change it"));
    }
    if (log.contains("cgroups in hybrid mode")) {
      return new IsolationUnavailableException(
          "runtime '%s' refuses this host's cgroups: %s".formatted(runtime.program(), log),
          details.withRemedy("use runtime 'bwrap' or 'runc', or run as root"));
    }
    if (log.contains("No space left")) {
      return new dev.dunes.sandbox.SandboxQuotaException(
          "no space left for the sandbox: " + log,
          details.withRemedy("free some space below " + paths.directory().getParent()));
    }
    return new ProviderException(
        "the sandbox did not start: " + log, details.withRemedy("see `ds doctor`"));
  }

  private String log() {
    try {
      String text = Files.readString(paths.log(), StandardCharsets.UTF_8).strip();
      return text.length() <= LOG_SHOWN ? text : text.substring(text.length() - LOG_SHOWN);
    } catch (IOException e) {
      return "";
    }
  }
}
