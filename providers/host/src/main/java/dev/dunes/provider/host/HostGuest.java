package dev.dunes.provider.host;

import dev.dunes.guest.GuestConnection;
import dev.dunes.guest.GuestConnection.Role;
import dev.dunes.guest.GuestIdentity;
import dev.dunes.guest.GuestTransport;
import dev.dunes.guest.ProcessIdentity;
import dev.dunes.sandbox.ErrorDetails;
import dev.dunes.sandbox.ProviderException;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxInterruptedException;
import dev.dunes.sandbox.SandboxSpec;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Starts guests, reaches them and ends them. */
final class HostGuest {
  private static final Duration START_LIMIT = Duration.ofSeconds(10);
  private static final Duration GREETING_LIMIT = Duration.ofSeconds(10);

  /** The guest gives its processes 5 s to die. */
  private static final Duration END_LIMIT = Duration.ofSeconds(7);

  private static final Duration KILL_LIMIT = Duration.ofSeconds(5);
  private static final long POLL_MILLIS = 1;
  private static final int LONGEST_LOG = 500;
  private static final String STANDARD_PATH =
      "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

  /** Without a session of its own it would get the terminal's Ctrl-C, which is not meant for it. */
  private static final List<Path> SETSID =
      List.of(Path.of("/usr/bin/setsid"), Path.of("/bin/setsid"));

  private HostGuest() {}

  /**
   * Starts a guest and everything it will start with an environment of its own, never the caller's.
   */
  static Process start(
      Path program, String id, HostLayout layout, SandboxSpec spec, Path workingDir)
      throws IOException {
    List<String> line = new ArrayList<>();
    SETSID.stream()
        .filter(Files::isExecutable)
        .findFirst()
        .ifPresent(setsid -> line.add(setsid.toString()));
    line.addAll(List.of(program.toString(), "guest"));
    line.addAll(List.of("--listen", layout.socket().toString()));
    line.addAll(List.of("--workdir", workingDir.toString()));
    line.addAll(List.of("--deadline-ms", Long.toString(spec.lifetime().toMillis())));
    if (!spec.detached()) {
      line.addAll(List.of("--await-owner-ms", Long.toString(START_LIMIT.toMillis())));
    }
    ProcessBuilder builder = new ProcessBuilder(line).directory(workingDir.toFile());
    Map<String, String> environment = builder.environment();
    String path = environment.getOrDefault("PATH", STANDARD_PATH);
    String language = environment.getOrDefault("LANG", "C.UTF-8");
    environment.clear();
    environment.put("PATH", path);
    environment.put("LANG", language);
    environment.put("TERM", "xterm-256color");
    environment.put("HOME", layout.home().toString());
    environment.put("TMPDIR", layout.temporary().toString());
    environment.putAll(spec.env());
    environment.put(Leftovers.MARK, id);
    return builder
        .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
        .redirectErrorStream(true)
        .redirectOutput(layout.log().toFile())
        .start();
  }

  /** Connects to a guest that has just been started. */
  static GuestConnection await(Process guest, String id, HostLayout layout, Role role) {
    long deadline = System.nanoTime() + START_LIMIT.toNanos();
    while (System.nanoTime() - deadline < 0) {
      try {
        return connect(id, layout, role);
      } catch (IOException e) {
        if (!guest.isAlive()) {
          throw new ProviderException(
              "the guest ended with %d at once: %s".formatted(guest.exitValue(), log(layout)),
              ErrorDetails.NONE.withProvider(HostSandboxProviderFactory.NAME));
        }
      }
      try {
        TimeUnit.MILLISECONDS.sleep(POLL_MILLIS); // until the guest listens
      } catch (InterruptedException e) {
        throw new SandboxInterruptedException("waiting for the guest to start", e);
      }
    }
    throw new ProviderException(
        "the guest did not listen within " + START_LIMIT.toSeconds() + " s: " + log(layout),
        ErrorDetails.NONE.withProvider(HostSandboxProviderFactory.NAME));
  }

  /** Connects to a guest that listens. */
  static GuestConnection connect(String id, HostLayout layout, Role role) throws IOException {
    SocketChannel socket = SocketChannel.open(UnixDomainSocketAddress.of(layout.socket()));
    return GuestConnection.open(
        GuestTransport.over(socket),
        new GuestIdentity(HostSandboxProviderFactory.NAME, id),
        role,
        GREETING_LIMIT);
  }

  /** Ends a guest and everything it has started; returns when nothing of it is left. */
  static void end(String id, ProcessIdentity guest) {
    if (guest.isAlive()) {
      ProcessHandle.of(guest.pid()).ifPresent(ProcessHandle::destroy);
      if (guest.awaitEnd(END_LIMIT)) {
        return;
      }
      guest.kill();
      guest.awaitEnd(KILL_LIMIT);
    }
    Leftovers.kill(id);
  }

  private static String log(HostLayout layout) {
    try {
      String text = Files.readString(layout.log()).strip();
      return text.isEmpty()
          ? "it said nothing"
          : text.substring(0, Math.min(text.length(), LONGEST_LOG));
    } catch (IOException e) {
      return "it said nothing";
    }
  }

  /** What happened while a directory was read or written, in the library's terms. */
  static SandboxException failure(String what, IOException e) {
    return new ProviderException(
        what + ": " + e.getMessage(),
        ErrorDetails.cause(e).withProvider(HostSandboxProviderFactory.NAME));
  }
}
