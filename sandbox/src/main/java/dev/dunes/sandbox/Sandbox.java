package dev.dunes.sandbox;

import dev.dunes.sandbox.spi.OutputCollector;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A place where code runs apart from everything else. Safe for use by several threads.
 *
 * {@snippet :
 * try (Sandbox sandbox = Sandbox.create()) {
 *   System.out.println(sandbox.exec("uname -a").stdout());
 * }
 * }
 */
public interface Sandbox extends AutoCloseable {
  /** A new sandbox from the default provider; it lives for at most 300 s. */
  static Sandbox create() {
    return Sandboxes.shared().create(SandboxSpec.builder().lifetime(Duration.ofMinutes(5)).build());
  }

  /** A new sandbox from the default provider. */
  static Sandbox create(SandboxSpec spec) {
    return Sandboxes.shared().create(spec);
  }

  /** A running sandbox that carries all these labels; the oldest one when there are several. */
  static Optional<Sandbox> find(Map<String, String> labels) {
    return Sandboxes.shared().find(labels);
  }

  /** A running sandbox that carries all the specification's labels, or else a new one. */
  static Sandbox getOrCreate(SandboxSpec spec) {
    return Sandboxes.shared().getOrCreate(spec);
  }

  /** Its id, unique within its provider. */
  String id();

  /** The name of the provider that really made it. */
  String provider();

  /** How it is now. Asks the provider. */
  SandboxInfo info();

  /** What it is doing now; {@link SandboxState#TERMINATED} once it is gone. */
  SandboxState state();

  /** What it can be found by. */
  Map<String, String> labels();

  /**
   * The specification it was made with; for a sandbox found again, as far as the provider kept it.
   */
  SandboxSpec spec();

  /** Starts a command. */
  RunningCommand start(Command command);

  /** Runs a line of shell to its end. */
  default ExecResult exec(String line) {
    return exec(Command.shell(line));
  }

  /**
   * Runs a command to its end and collects its output. Interrupting the calling thread kills it.
   */
  default ExecResult exec(Command command) {
    try (RunningCommand running = start(command)) {
      return OutputCollector.collect(running, command.outputLimit());
    }
  }

  /** Runs lines of shell one after another; stops after the first that fails. */
  default List<ExecResult> execMany(List<String> lines) {
    return execMany(lines.stream().map(Command::shell).toList(), true);
  }

  /**
   * Runs commands one after another.
   *
   * @param stopOnError stop after the first that does not succeed; its result is the last one
   *     returned
   */
  default List<ExecResult> execMany(List<Command> commands, boolean stopOnError) {
    List<ExecResult> results = new ArrayList<>();
    for (Command command : commands) {
      ExecResult result = exec(command);
      results.add(result);
      if (stopOnError && !result.success()) {
        break;
      }
    }
    return List.copyOf(results);
  }

  /** Runs a line of shell and gives its output as it comes. */
  default ExecStream stream(String line) {
    return stream(Command.shell(line));
  }

  /** Runs a command and gives its output as it comes. */
  default ExecStream stream(Command command) {
    return new ExecStream(start(command));
  }

  /** Its files. */
  SandboxFiles files();

  /** Copies a local file into it; missing parents are made. */
  default void upload(Path local, String remote) {
    files().upload(local, remote);
  }

  /** Copies a file out of it. */
  default void download(String remote, Path local) {
    files().download(remote, local);
  }

  /** When it will end by itself, if ever. */
  Optional<Instant> deadline();

  /** Sets its deadline to this long from now; may shorten it. */
  void renew(Duration lifetime);

  /** What it uses now. */
  SandboxMetrics metrics();

  /** Stopping its processes for a while, where the provider can. */
  Optional<Pausing> pausing();

  /** Saving and copying its files, where the provider can. */
  Optional<Forking> forking();

  /** Giving one that was made ahead of need to somebody, where the provider can. */
  default Optional<Assigning> assigning() {
    return Optional.empty();
  }

  /** Reaching its ports, where the provider can. */
  Optional<PortAccess> ports();

  /** {@link Pausing#pause()}, or {@link UnsupportedCapabilityException}. */
  default void pause() {
    pausing().orElseThrow(() -> Unsupported.by(this, "pause")).pause();
  }

  /** {@link Pausing#resume()}, or {@link UnsupportedCapabilityException}. */
  default void resume() {
    pausing().orElseThrow(() -> Unsupported.by(this, "resume")).resume();
  }

  /** {@link Forking#fork()}, or {@link UnsupportedCapabilityException}. */
  default Sandbox fork() {
    return forking().orElseThrow(() -> Unsupported.by(this, "fork")).fork();
  }

  /** {@link Forking#snapshot()}, or {@link UnsupportedCapabilityException}. */
  default Snapshot snapshot() {
    return forking().orElseThrow(() -> Unsupported.by(this, "snapshot")).snapshot();
  }

  /** {@link PortAccess#expose(int)}, or {@link UnsupportedCapabilityException}. */
  default PortAccess.ExposedPort expose(int port) {
    return ports().orElseThrow(() -> Unsupported.by(this, "expose")).expose(port);
  }

  /** Ends it with everything in it. May be repeated; false when it was gone already. */
  boolean destroy();

  /**
   * Lets go of it: connections to it are closed. The sandbox itself is destroyed when this object
   * made it and it was not made {@linkplain SandboxSpec.Builder#detached() detached}; see {@link
   * #destroy()} to end it in any case.
   */
  @Override
  void close();
}
