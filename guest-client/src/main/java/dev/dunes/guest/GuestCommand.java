package dev.dunes.guest;

import dev.dunes.sandbox.Channel;
import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.CommandExit;
import dev.dunes.sandbox.ErrorDetails;
import dev.dunes.sandbox.InvalidRequestException;
import dev.dunes.sandbox.OutputChunk;
import dev.dunes.sandbox.ProviderException;
import dev.dunes.sandbox.RunningCommand;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.Signal;
import dev.dunes.sandbox.TerminalSize;
import dev.dunes.sandbox.spi.OutputQueue;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.ScheduledFuture;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/** A command run by a guest. */
final class GuestCommand extends GuestStream implements RunningCommand {
  private static final int STARTED = 1;
  private static final int CONTROL_SIGNAL = 1;
  private static final int CONTROL_RESIZE = 2;
  private static final int FLAG_PTY = 1;
  private static final int FLAG_STDIN = 2;
  private static final int FLAG_DETACHED = 4;

  private static final int TIMED_OUT = -1;
  private static final int NOT_FOUND = 127;
  private static final int NOT_EXECUTABLE = 126;
  private static final int SIGNALLED = 128;
  private static final int LAST_CODE = 255;
  private static final int LAST_SIGNAL = 64;

  /** How long a guest may take to start a command. */
  private static final Duration START_LIMIT = Duration.ofSeconds(30);

  /**
   * How much longer than a command's own timeout a guest may take to end it before it is not
   * believed any more.
   */
  private static final Duration TIMEOUT_GRACE = Duration.ofSeconds(15);

  private final Command command;
  private final IntPredicate killedForMemory;
  private final OutputQueue output =
      new OutputQueue((channel, bytes) -> consumed(channel == Channel.STDOUT ? 1 : 2, bytes));
  private final StdinStream stdin = new StdinStream(this);
  private volatile long pid = -1;
  private volatile @Nullable CommandExit exit;
  private @Nullable ScheduledFuture<?> watchdog;

  private GuestCommand(Command command, IntPredicate killedForMemory) {
    this.command = command;
    this.killedForMemory = killedForMemory;
  }

  /**
   * Starts a command and waits until it runs. A program that does not exist or cannot be executed
   * is not an exception but a command that ends with 127 or 126, as in a shell.
   *
   * @param killedForMemory given an exit code, whether the sandbox's memory limit was the reason
   */
  static GuestCommand start(
      GuestConnection connection, Command command, IntPredicate killedForMemory) {
    GuestCommand running = new GuestCommand(command, killedForMemory);
    connection.start(Operation.EXEC, arguments(command), running);
    try {
      if (!running.awaitUntil(() -> running.pid >= 0 || running.doneUnderLock(), START_LIMIT)) {
        throw new ProviderException(
            "the guest did not start the command within " + START_LIMIT.toSeconds() + " s");
      }
      running.throwIfRefused();
      command.input().ifPresent(running.stdin::feed);
    } catch (SandboxException e) {
      running.cancel();
      throw e;
    }
    return running;
  }

  private static PayloadWriter arguments(Command command) {
    TerminalSize size = command.terminal().orElse(TerminalSize.DEFAULT);
    int flags =
        (command.terminal().isPresent() ? FLAG_PTY : 0)
            | (command.stdinOpen() ? FLAG_STDIN : 0)
            | (command.detached() ? FLAG_DETACHED : 0);
    return new PayloadWriter()
        .u32(flags)
        .list(command.argv())
        .pairs(command.env())
        .str(command.workingDir().orElse(""))
        .str(command.user().orElse(""))
        .u64(command.timeout().map(Duration::toMillis).orElse(0L))
        .u16(size.columns())
        .u16(size.rows());
  }

  private void throwIfRefused() {
    GuestError error = error();
    if (error != null && shellRules(error)) {
      return;
    }
    boolean directory = error != null && error.code() == ErrorCode.BAD_CWD;
    throwIfFailed(
        directory
            ? command.workingDir().orElse("the sandbox's working directory")
            : command.argv().getFirst());
  }

  @Override
  SandboxException refusal(GuestError cause, String subject) {
    return cause.code() == ErrorCode.PERMISSION && command.user().isPresent()
        ? new InvalidRequestException(
            "user",
            cause.message(),
            ErrorDetails.remedy("leave the user out, or name one the sandbox may become"))
        : super.refusal(cause, subject);
  }

  /** Refusals that a shell reports as an exit code. */
  private static boolean shellRules(GuestError error) {
    return error.code() == ErrorCode.COMMAND_NOT_FOUND || error.code() == ErrorCode.NOT_EXECUTABLE;
  }

  // ---- from the guest ----

  @Override
  void onEvent(int kind, PayloadReader payload) throws GuestProtocolException {
    if (kind != STARTED || pid >= 0) {
      throw new GuestProtocolException("event " + kind + " of a command");
    }
    pid = payload.count();
    command
        .timeout()
        .ifPresent(limit -> watchdog = Watchdog.after(limit.plus(TIMEOUT_GRACE), this::disbelieve));
    wake();
  }

  @Override
  void onData(int channel, byte[] data) throws GuestProtocolException {
    if (pid < 0) {
      throw new GuestProtocolException("output of a command that has not started");
    }
    output.add(channel == 1 ? Channel.STDOUT : Channel.STDERR, data);
  }

  @Override
  void onEof(int channel) {
    output.end(channel == 1 ? Channel.STDOUT : Channel.STDERR);
  }

  @Override
  void onDone() {
    ScheduledFuture<?> pending = watchdog;
    if (pending != null) {
      pending.cancel(false);
    }
    SandboxException lost = lost();
    GuestError error = error();
    if (lost != null) {
      output.fail(lost);
    } else if (error != null) {
      refused(error);
    }
    output.end();
    wake();
  }

  private void refused(GuestError error) {
    switch (error.code()) {
      case COMMAND_NOT_FOUND -> refusedByShellRules(NOT_FOUND, "command not found");
      case NOT_EXECUTABLE -> refusedByShellRules(NOT_EXECUTABLE, "cannot be executed");
      case INVALID,
          NOT_FOUND,
          EXISTS,
          IS_DIRECTORY,
          NOT_DIRECTORY,
          PERMISSION,
          NO_SPACE,
          NOT_REGULAR,
          NOT_EMPTY,
          UNKNOWN_USER,
          BAD_CWD,
          CONNECTION_REFUSED,
          LIMIT,
          CANCELLED,
          READ_ONLY,
          TOO_LARGE,
          UNSUPPORTED,
          PROTOCOL,
          IO,
          LOOP ->
          output.fail(GuestErrors.exception(error, command.argv().getFirst()));
    }
  }

  private void refusedByShellRules(int code, String why) {
    String line = "dunes: %s: %s%n".formatted(command.argv().getFirst(), why);
    Channel channel = command.terminal().isPresent() ? Channel.STDOUT : Channel.STDERR;
    output.add(channel, line.getBytes(StandardCharsets.UTF_8));
    exit = new CommandExit(code, OptionalInt.empty(), false, false, Duration.ZERO);
  }

  @Override
  void onResult(PayloadReader payload) throws GuestProtocolException {
    if (pid < 0) {
      throw new GuestProtocolException("the end of a command that has not started");
    }
    boolean signalled = payload.bool();
    int code = payload.count();
    boolean timedOut = payload.bool();
    Duration wall = payload.micros();
    payload.micros(); // user
    payload.micros(); // system
    payload.u64(); // resident
    if (signalled ? code < 1 || code > LAST_SIGNAL : code > LAST_CODE) {
      throw new GuestProtocolException("exit code " + code);
    }
    int exitCode = timedOut ? TIMED_OUT : signalled ? SIGNALLED + code : code;
    boolean memory = !timedOut && killedForMemory.test(exitCode);
    OptionalInt signal = signalled ? OptionalInt.of(code) : OptionalInt.empty();
    exit = new CommandExit(exitCode, signal, timedOut, memory, wall);
  }

  /**
   * The guest let a command run past its own timeout: whatever it says from now on is not waited
   * for.
   */
  private void disbelieve() {
    cancel();
    lose(new ProviderException("the guest did not end the command at its timeout"));
  }

  // ---- for the caller ----

  @Override
  public OptionalLong pid() {
    return pid > 0 ? OptionalLong.of(pid) : OptionalLong.empty();
  }

  @Override
  public OutputStream stdin() {
    return stdin;
  }

  @Override
  public InputStream stdout() {
    return output.stream(Channel.STDOUT);
  }

  @Override
  public InputStream stderr() {
    return output.stream(Channel.STDERR);
  }

  @Override
  public Optional<OutputChunk> take() {
    return output.take();
  }

  @Override
  public CommandExit waitFor() {
    awaitDone(null);
    return exitOrThrow();
  }

  @Override
  public Optional<CommandExit> waitFor(Duration limit) {
    return awaitDone(limit) ? Optional.of(exitOrThrow()) : Optional.empty();
  }

  private CommandExit exitOrThrow() {
    // onDone runs on the reading thread just after the outcome is known
    awaitUntil(() -> exit != null || output.failure().isPresent(), START_LIMIT);
    output
        .failure()
        .ifPresent(failure -> {
          throw failure;
        });
    CommandExit known = exit;
    if (known == null) {
      throw new ProviderException("the guest did not say how the command ended");
    }
    return known;
  }

  @Override
  public void signal(Signal signal) {
    signal(signal, false);
  }

  @Override
  public void signalTree(Signal signal) {
    signal(signal, true);
  }

  private void signal(Signal signal, boolean tree) {
    control(new PayloadWriter().u8(CONTROL_SIGNAL).u32(signal.number()).bool(tree).toBytes());
  }

  @Override
  public void resize(TerminalSize size) {
    control(new PayloadWriter().u8(CONTROL_RESIZE).u16(size.columns()).u16(size.rows()).toBytes());
  }

  @Override
  public boolean isRunning() {
    return !isDone();
  }

  boolean takesInput() {
    return command.stdinOpen();
  }

  @Override
  public void close() {
    if (!command.detached()) {
      cancel();
    }
    stdin.abandon();
  }
}
