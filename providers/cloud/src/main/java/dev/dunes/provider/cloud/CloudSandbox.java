package dev.dunes.provider.cloud;

import static java.util.Objects.requireNonNull;

import dev.dunes.guest.Uninterrupted;
import dev.dunes.sandbox.Channel;
import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.Forking;
import dev.dunes.sandbox.InvalidRequestException;
import dev.dunes.sandbox.Pausing;
import dev.dunes.sandbox.PortAccess;
import dev.dunes.sandbox.ProviderException;
import dev.dunes.sandbox.RunningCommand;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxFiles;
import dev.dunes.sandbox.SandboxInfo;
import dev.dunes.sandbox.SandboxInterruptedException;
import dev.dunes.sandbox.SandboxMetrics;
import dev.dunes.sandbox.SandboxNotFoundException;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.SandboxState;
import dev.dunes.sandbox.SandboxTimeoutException;
import dev.dunes.sandbox.Timeouts;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;

/** A sandbox at a vendor. An adapter says how a process is run in it; the rest is built on that. */
public abstract class CloudSandbox implements Sandbox {
  private static final Duration SCRIPT_LIMIT = Duration.ofSeconds(60);
  private static final Duration LONGEST_LIFETIME = Duration.ofDays(365);

  /** Of a script of ours; a listing of a million names has less. */
  private static final int MOST_SCRIPT_OUTPUT = 256 << 20;

  private static final int MOST_COMPLAINT = 64 << 10;

  private final CloudProvider provider;
  private final SandboxInfo made;
  private final SandboxSpec spec;
  private final ShellFiles files = new ShellFiles(this);
  private final Set<CloudCommand> running = ConcurrentHashMap.newKeySet();
  private final Set<AutoCloseable> unfinished = ConcurrentHashMap.newKeySet();
  private final AtomicBoolean destroyed = new AtomicBoolean();

  /**
   * @param made what it was when this handle was made
   */
  protected CloudSandbox(CloudProvider provider, SandboxInfo made, SandboxSpec spec) {
    this.provider = requireNonNull(provider, "provider");
    this.made = requireNonNull(made, "made");
    this.spec = requireNonNull(spec, "spec");
  }

  // ---- what an adapter brings ----

  /** Starts a process; the exceptions are those of {@link Sandbox#start}. */
  protected abstract VendorProcess launch(Launch launch);

  /**
   * Sets the vendor's deadline to so long from now.
   *
   * @param lifetime more than 0
   */
  protected abstract void setLifetime(Duration lifetime);

  /**
   * A stream into a new file, by its absolute path. Its {@code close()} says whether all has
   * arrived. This one goes through the input of a process.
   */
  protected FilePut put(String path) {
    return new ShellPut(this, path);
  }

  /**
   * The contents of a file, by its absolute path, when the vendor has a better way than the output
   * of a process.
   */
  protected Optional<InputStream> fetch(String path) {
    return Optional.empty();
  }

  /** Whether {@link #fetch} is worth asking. */
  protected boolean fetches() {
    return false;
  }

  /** Contents of a file up to this many bytes go in an argument of one script. */
  protected int mostInline() {
    return 48 << 10;
  }

  // ---- commands ----

  @Override
  public RunningCommand start(Command command) {
    Launch launch = launchOf(command, UUID.randomUUID().toString());
    CloudCommand started = CloudCommand.follow(this, begun(launch), launch, command);
    running.add(started);
    if (!started.isRunning()) {
      running.remove(started);
    }
    return started;
  }

  /** When nobody knows whether it was begun, it is ended: nobody would follow it. */
  private VendorProcess begun(Launch launch) {
    try {
      return launch(launch);
    } catch (SandboxException e) {
      boolean unknown =
          e.statusCode().isEmpty()
              && (e instanceof ProviderException
                  || e instanceof SandboxTimeoutException
                  || e instanceof SandboxInterruptedException);
      if (unknown) {
        endTree(launch.token());
      }
      throw e;
    }
  }

  /** Ends all of a command that can no longer be followed. */
  final void endTree(String token) {
    Uninterrupted.run(() -> {
      try {
        scriptAnywhere(Scripts.KILL_TREE, token).require("it could not be killed");
      } catch (SandboxNotFoundException e) {
        CloudProvider.log().debug("a command ended with its sandbox {}", id());
      } catch (SandboxException e) {
        CloudProvider.log().warn("a command may go on in sandbox {}", id(), e);
      }
      return true;
    });
  }

  private Launch launchOf(Command command, String token) {
    return launchOf(command, token, directory(command.workingDir()));
  }

  private Launch launchOf(Command command, String token, String directory) {
    List<String> argv = Scripts.argv(Scripts.ENTER, token, directory, command.user().orElse(""));
    argv.addAll(command.argv());
    Map<String, String> env = new LinkedHashMap<>(ownEnv());
    env.putAll(command.env());
    env.put(Scripts.TOKEN, token);
    return new Launch(
        argv,
        env,
        command.stdinOpen(),
        command.terminal(),
        command.user(),
        command.detached(),
        command.timeout(),
        token);
  }

  /** Variables that the vendor does not keep for the sandbox, and each process has to be given. */
  protected Map<String, String> ownEnv() {
    return Map.of();
  }

  /** Where commands run; empty where the vendor runs them. */
  private String directory(Optional<String> wanted) {
    String base = spec.workingDir().or(this::home).orElse("");
    return wanted
        .map(path -> path.startsWith("/") || base.isEmpty() ? path : base + "/" + path)
        .orElse(base);
  }

  /** Where commands run unless told otherwise, when that is not where the vendor runs them. */
  protected Optional<String> home() {
    return Optional.empty();
  }

  void makeWorkingDirectory(String path) {
    scriptAnywhere("mkdir -p -- \"$1\"", path)
        .require("the working directory '%s' could not be made".formatted(path));
  }

  void forget(CloudCommand command) {
    running.remove(command);
  }

  /** Runs a script of ours to its end; what it writes is bounded. */
  final ScriptResult script(String script, String... arguments) {
    return script(SCRIPT_LIMIT, script, arguments);
  }

  /** The same, wherever the vendor runs it: the working directory may be gone. */
  final ScriptResult scriptAnywhere(String script, String... arguments) {
    return run(SCRIPT_LIMIT, "", script, arguments);
  }

  final ScriptResult script(Duration limit, String script, String... arguments) {
    return run(limit, directory(Optional.empty()), script, arguments);
  }

  private ScriptResult run(Duration limit, String directory, String script, String... arguments) {
    Command command = Command.builder(Scripts.argv(script, arguments)).env("LC_ALL", "C").build();
    Launch launch = launchOf(command, UUID.randomUUID().toString(), directory);
    return runWhole(launch, limit)
        .map(whole -> checked(whole, launch, command))
        .orElseGet(() -> {
          try (VendorProcess process = launch(launch)) {
            return Timeouts.within(limit, () -> collect(process, launch, command));
          }
        });
  }

  /**
   * Runs a script of ours to its end, when the vendor has a better way for that than a process that
   * is followed.
   */
  protected Optional<Whole> runWhole(Launch launch, Duration limit) {
    return Optional.empty();
  }

  /**
   * What a short command gave.
   *
   * @param code its exit code
   * @param output what it wrote to standard output
   * @param errors the end of what it wrote to standard error
   */
  @SuppressWarnings("ArrayRecordComponent") // handed over once, never compared
  public record Whole(int code, byte[] output, byte[] errors) {}

  private ScriptResult checked(Whole whole, Launch launch, Command command) {
    EnterProblem problem = new EnterProblem(this, launch, command);
    if (problem.takes(new VendorEvent.Output(Channel.STDERR, whole.errors()))) {
      problem
          .of(VendorEvent.Exit.code(whole.code()))
          .ifPresent(refused -> {
            throw refused;
          });
    }
    return result(whole.code(), whole.output(), new String(whole.errors(), StandardCharsets.UTF_8));
  }

  private ScriptResult result(int code, byte[] output, String errors) {
    String complaint = errors.lines().reduce("", (first, second) -> second);
    return new ScriptResult(provider(), id(), code, output, complaint);
  }

  private ScriptResult collect(VendorProcess process, Launch launch, Command command) {
    EnterProblem problem = new EnterProblem(this, launch, command);
    ByteArrayOutputStream output = new ByteArrayOutputStream();
    ByteArrayOutputStream errors = new ByteArrayOutputStream();
    VendorEvent event = process.next();
    while (event instanceof VendorEvent.Output out) {
      if (!problem.takes(out)) {
        boolean result = out.channel() == Channel.STDOUT;
        ByteArrayOutputStream kept = result ? output : errors;
        if (kept.size() + out.data().length > (result ? MOST_SCRIPT_OUTPUT : MOST_COMPLAINT)) {
          throw provider.unexpected(
              id(), new IllegalStateException("a script of ours gave far too much output"));
        }
        kept.writeBytes(out.data());
      }
      event = process.next();
    }
    VendorEvent.Exit exit = (VendorEvent.Exit) event;
    problem
        .of(exit)
        .ifPresent(refused -> {
          throw refused;
        });
    return result(exit.code(), output.toByteArray(), errors.toString(StandardCharsets.UTF_8));
  }

  // ---- files ----

  @Override
  public SandboxFiles files() {
    return files;
  }

  /** Is closed with this handle unless it is forgotten before. */
  final void remember(AutoCloseable work) {
    unfinished.add(work);
  }

  final void forget(AutoCloseable work) {
    unfinished.remove(work);
  }

  // ---- what it is ----

  final CloudProvider vendor() {
    return provider;
  }

  @Override
  public String id() {
    return made.id();
  }

  @Override
  public String provider() {
    return provider.name();
  }

  @Override
  public Map<String, String> labels() {
    return made.labels();
  }

  @Override
  public SandboxSpec spec() {
    return spec;
  }

  @Override
  public SandboxInfo info() {
    return provider
        .look(id())
        .orElseGet(() ->
            new SandboxInfo(
                made.id(),
                made.provider(),
                SandboxState.TERMINATED,
                made.labels(),
                made.createdAt(),
                made.deadline(),
                made.isolation(),
                made.metadata()));
  }

  @Override
  public SandboxState state() {
    return info().state();
  }

  @Override
  public Optional<Instant> deadline() {
    return info().deadline();
  }

  @Override
  public void renew(Duration lifetime) {
    if (lifetime.toMillis() < 1 || lifetime.compareTo(LONGEST_LIFETIME) > 0) {
      throw InvalidRequestException.field("lifetime", lifetime, "a duration from 1 ms to 365 days");
    }
    setLifetime(lifetime);
  }

  @Override
  public SandboxMetrics metrics() {
    Optional<Instant> since = made.createdAt();
    return ShellMetrics.of(script(Scripts.METRICS).require("its use could not be measured"), since);
  }

  @Override
  public Optional<Pausing> pausing() {
    return Optional.empty();
  }

  @Override
  public Optional<Forking> forking() {
    return Optional.empty();
  }

  @Override
  public Optional<PortAccess> ports() {
    return Optional.of(new ExecPorts(this));
  }

  // ---- its end ----

  @Override
  public boolean destroy() {
    boolean was = Uninterrupted.run(() -> provider.destroy(id()));
    // before it is known to be gone its provider still has to see to that
    provider.disown(this);
    destroyed.set(true);
    release();
    return was;
  }

  @Override
  public void close() {
    if (provider.owns(this) && !spec.detached()) {
      destroy();
      return;
    }
    provider.disown(this);
    if (!destroyed.get()) {
      running.stream().filter(command -> !command.detached()).forEach(CloudCommand::close);
    }
    release();
  }

  private void release() {
    running.forEach(CloudCommand::release);
    for (AutoCloseable work : unfinished) {
      unfinished.remove(work);
      try {
        work.close();
      } catch (Exception e) {
        CloudProvider.log().warn("could not clear away in sandbox {}", id(), e);
      }
    }
  }
}
