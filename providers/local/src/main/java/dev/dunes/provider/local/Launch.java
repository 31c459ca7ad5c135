package dev.dunes.provider.local;

import dev.dunes.guest.GuestConnection;
import dev.dunes.guest.GuestTransport;
import dev.dunes.guest.ProcessIdentity;
import dev.dunes.sandbox.ErrorDetails;
import dev.dunes.sandbox.HostRelay;
import dev.dunes.sandbox.IsolationUnavailableException;
import dev.dunes.sandbox.NetworkMode;
import dev.dunes.sandbox.ProviderException;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxSpec;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Starts one sandbox: {@code dunes-guest launch} makes the mounts, binds the guest's socket, drops to the sandbox's user id
 * and becomes bubblewrap, which builds the namespaces and becomes the guest.
 */
final class Launch {
  static final Duration GREETING_LIMIT = Duration.ofSeconds(20);
  private static final int AWAIT_OWNER_MILLIS = 10_000;
  private static final int LONGEST_SOCKET_PATH = 107;
  private static final char LISTENING = 'L';
  private static final int LOG_SHOWN = 2000;

  private final LocalState state;
  private final LocalHost host;
  private final String id;
  private final SandboxSpec spec;
  private final SandboxPaths paths;
  private final int uid;

  Launch(LocalState state, LocalHost host, String id, SandboxSpec spec, SandboxPaths paths, int uid) {
    this.state = state;
    this.host = host;
    this.id = id;
    this.spec = spec;
    this.paths = paths;
    this.uid = uid;
  }

  /** A sandbox that has just started. */
  record Started(GuestConnection connection, ProcessIdentity guest) {}

  /** Starts it and greets its guest. When it throws, the processes it started are ending. */
  Started start(WritablePlaces places, SandboxCgroups cgroups) {
    List<String> command = command(places);
    try {
      Process process = spawn(command);
      CgroupJoin join = CgroupJoin.begin(cgroups, process.pid());
      try {
        if (process.getInputStream().read() != LISTENING) {
          process.waitFor();
          throw explain(null);
        }
        GuestConnection connection = greet();
        ProcessIdentity guest = guestProcess();
        join.finish(guest.pid());
        return new Started(connection, guest);
      } catch (InterruptedException e) {
        process.destroyForcibly();
        throw new dev.dunes.sandbox.SandboxInterruptedException("starting a sandbox", e);
      } catch (IOException | SandboxException e) {
        process.destroyForcibly();
        throw e;
      }
    } catch (IOException e) {
      throw new ProviderException("cannot start the sandbox: " + e.getMessage(), ErrorDetails.cause(e));
    }
  }

  private GuestConnection greet() throws IOException {
    GuestConnection.Role role = spec.detached() ? GuestConnection.Role.VISITOR : GuestConnection.Role.OWNER;
    try {
      return GuestConnection.open(connect(paths.socket()), role, GREETING_LIMIT);
    } catch (ProviderException e) {
      throw explain(e); // bubblewrap gave up before it became the guest, and said why
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

  private Process spawn(List<String> command) throws IOException {
    if (paths.socket().toString().length() > LONGEST_SOCKET_PATH) {
      throw new IOException(
          "the path of the sandbox's socket is longer than " + LONGEST_SOCKET_PATH + " characters; set DUNES_STATE to a shorter directory");
    }
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().clear(); // bubblewrap's own environment can be read inside, as that of process 1
    builder.redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
    builder.redirectError(paths.log().toFile());
    return builder.start();
  }

  private List<String> command(WritablePlaces places) {
    NetworkMode network = spec.network().orElse(NetworkMode.NONE);
    BubblewrapArguments bubblewrap = new BubblewrapArguments().isolation(id, network);
    places.prepare(bubblewrap, state.etc(network == NetworkMode.HOST));
    bubblewrap.guest(state.guest(), spec.relays()).sealRoot().add("--chdir", "/");
    bubblewrap.add("--seccomp", "4", "--info-fd", "5");

    List<String> command = new ArrayList<>();
    command.add(state.guest().toString());
    command.add("launch");
    command.addAll(places.launcherOptions());
    command.addAll(List.of("--listen", paths.socket().toString()));
    command.addAll(List.of("--seccomp", state.seccomp().toString(), "--info", paths.info().toString()));
    command.addAll(List.of("--rlimit", "core=0:0"));
    if (uid > 0) {
      command.addAll(List.of("--uid", Integer.toString(uid), "--gid", Integer.toString(uid)));
    }
    command.addAll(List.of("--", host.bubblewrap().orElseThrow().toString()));
    command.addAll(bubblewrap.toList());
    command.addAll(List.of("--", BubblewrapArguments.GUEST));
    command.addAll(guestArguments());
    return command;
  }

  private List<String> guestArguments() {
    List<String> arguments = new ArrayList<>(List.of("guest", "--init", "--listen-fd", "3", "--user", "user"));
    arguments.addAll(List.of("--workdir", spec.workingDir().orElse(BubblewrapArguments.WORKSPACE)));
    arguments.addAll(List.of("--deadline-ms", Long.toString(spec.lifetime().toMillis())));
    if (!spec.detached()) {
      arguments.addAll(List.of("--await-owner-ms", Integer.toString(AWAIT_OWNER_MILLIS)));
    }
    for (HostRelay relay : spec.relays()) {
      arguments.addAll(List.of("--relay", relay.port() + "=" + BubblewrapArguments.relayInside(relay)));
    }
    return arguments;
  }

  /** {@code {"child-pid": 123, …}}, written by bubblewrap before the guest started. */
  private ProcessIdentity guestProcess() throws IOException {
    return guestProcess(paths)
        .orElseThrow(() -> new ProviderException("the sandbox ended as soon as it had started: " + log()));
  }

  /** The guest as the host sees it; empty when it has ended, or never started. */
  static java.util.Optional<ProcessIdentity> guestProcess(SandboxPaths paths) throws IOException {
    if (!Files.exists(paths.info())) {
      return java.util.Optional.empty();
    }
    String text = Files.readString(paths.info());
    int at = text.indexOf("\"child-pid\":");
    if (at < 0) {
      return java.util.Optional.empty();
    }
    int position = at + "\"child-pid\":".length();
    long pid = 0;
    for (char c : text.substring(position).strip().toCharArray()) {
      if (!Character.isDigit(c)) {
        break;
      }
      pid = pid * 10 + (c - '0');
    }
    return ProcessIdentity.of(pid);
  }

  /** What went wrong, from the words of whoever gave up. */
  private SandboxException explain(@org.jspecify.annotations.Nullable SandboxException seen) {
    String log = log();
    if (log.isEmpty() && seen != null) {
      return seen;
    }
    ErrorDetails details = seen == null ? ErrorDetails.NONE : ErrorDetails.cause(seen);
    if (log.contains("No permissions to create") || log.contains("Creating new namespace failed") || log.contains("setting up uid map")) {
      return new IsolationUnavailableException(
          "this machine does not let " + (host.root() ? "root" : "this user") + " make user namespaces: " + log,
          details.withRemedy("`ds doctor` says which setting forbids it and how to change it"));
    }
    if (log.contains("No space left")) {
      return new dev.dunes.sandbox.SandboxQuotaException(
          "no space left for the sandbox: " + log, details.withRemedy("free some space below " + paths.directory().getParent()));
    }
    return new ProviderException("the sandbox did not start: " + log, details.withRemedy("see `ds doctor`"));
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
