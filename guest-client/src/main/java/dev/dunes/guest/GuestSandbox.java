package dev.dunes.guest;

import static java.util.Objects.requireNonNull;

import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.PortAccess;
import dev.dunes.sandbox.RunningCommand;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxFiles;
import dev.dunes.sandbox.SandboxSpec;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A sandbox whose inside is a guest, wherever it runs. Providers say how to reach the guest and how
 * the place itself is ended; commands, files and ports are the same everywhere.
 */
public abstract class GuestSandbox implements Sandbox {
  private static final Duration LIMIT = Duration.ofSeconds(10);

  private final String id;
  private final String provider;
  private final SandboxSpec spec;
  private final GuestFiles files = new GuestFiles(this::guest);
  private final GuestPorts ports = new GuestPorts(this::guest);
  private final ReentrantLock lock = new ReentrantLock();
  private @Nullable GuestConnection connection;

  protected GuestSandbox(String id, String provider, SandboxSpec spec) {
    this.id = requireNonNull(id, "id");
    this.provider = requireNonNull(provider, "provider");
    this.spec = requireNonNull(spec, "spec");
  }

  /**
   * Connects to the guest. Called again when a connection was lost.
   *
   * @throws dev.dunes.sandbox.SandboxNotFoundException when the sandbox is gone
   * @throws dev.dunes.sandbox.SandboxStateException when it is there but cannot be used now
   */
  protected abstract GuestConnection connect();

  /**
   * Throws when the sandbox cannot be used now, such as while it is paused. Called before every
   * use.
   */
  protected void checkUsable() {}

  /** Whether a command that ended with this exit code was killed by the sandbox's memory limit. */
  protected boolean killedForMemory(int exitCode) {
    return false;
  }

  /** Gives this handle a connection that is there already. */
  protected final void adopt(GuestConnection ready) {
    lock.lock();
    try {
      connection = ready;
    } finally {
      lock.unlock();
    }
  }

  /** Hands this handle's connection over to another one. */
  protected final void handOver(GuestSandbox other) {
    lock.lock();
    try {
      if (connection != null) {
        other.adopt(connection);
        connection = null;
      }
    } finally {
      lock.unlock();
    }
  }

  /** Closes this handle's connection, if any. A later use connects again. */
  protected final void disconnect() {
    lock.lock();
    try {
      if (connection != null) {
        connection.close();
        connection = null;
      }
    } finally {
      lock.unlock();
    }
  }

  /** The connection, made when there is none that works. */
  protected final GuestConnection guest() {
    checkUsable();
    return connection();
  }

  private GuestConnection connection() {
    lock.lock();
    try {
      if (connection == null || !connection.isOpen()) {
        connection = connect();
      }
      return connection;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public final String id() {
    return id;
  }

  @Override
  public final String provider() {
    return provider;
  }

  @Override
  public final SandboxSpec spec() {
    return spec;
  }

  @Override
  public Map<String, String> labels() {
    return spec.labels();
  }

  @Override
  public final RunningCommand start(Command command) {
    return GuestCommand.start(guest(), withSandboxEnvironment(command), this::killedForMemory);
  }

  /**
   * The sandbox's own variables beneath the command's. They travel with each command, so that they
   * stand neither in the arguments of a process of this machine, where every user could read them,
   * nor in the guest's environment.
   */
  private Command withSandboxEnvironment(Command command) {
    if (spec.env().isEmpty()) {
      return command;
    }
    Map<String, String> env = new HashMap<>(spec.env());
    env.putAll(command.env());
    return command.toBuilder().env(env).build();
  }

  @Override
  public final SandboxFiles files() {
    return files;
  }

  @Override
  public Optional<PortAccess> ports() {
    return Optional.of(ports);
  }

  /** Tells the guest when to end by itself, counted from now. */
  protected final void setGuestDeadline(Duration lifetime) {
    guest().call(Operation.DEADLINE, new PayloadWriter().u64(lifetime.toMillis()), LIMIT, id);
  }

  /**
   * Stops all processes but the guest. For places that cannot be frozen from outside. Does not
   * check whether the sandbox is usable: a provider first notes that it is not, so that no command
   * starts in between.
   */
  protected final void freezeByGuest() {
    connection().call(Operation.FREEZE, new PayloadWriter(), LIMIT, id);
  }

  /**
   * Lets all processes go on, see {@link #freezeByGuest()}. Does not check whether the sandbox is
   * usable.
   */
  protected final void thawByGuest() {
    connection().call(Operation.THAW, new PayloadWriter(), LIMIT, id);
  }

  /** What the guest can see of its own use. */
  protected final GuestUsage usage() {
    return guest().call(Operation.METRICS, new PayloadWriter(), LIMIT, id, GuestSandbox::readUsage);
  }

  private static GuestUsage readUsage(PayloadReader in) throws GuestProtocolException {
    return new GuestUsage(
        in.count(), in.u64(), in.micros(), in.u64(), in.u64(), Duration.ofMillis(in.u64()));
  }

  @Override
  public String toString() {
    return "Sandbox[" + provider + "/" + id + "]";
  }
}
