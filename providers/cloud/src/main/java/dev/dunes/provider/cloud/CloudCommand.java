package dev.dunes.provider.cloud;

import dev.dunes.guest.Uninterrupted;
import dev.dunes.sandbox.Channel;
import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.CommandExit;
import dev.dunes.sandbox.OutputChunk;
import dev.dunes.sandbox.RunningCommand;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxInterruptedException;
import dev.dunes.sandbox.SandboxNotFoundException;
import dev.dunes.sandbox.Signal;
import dev.dunes.sandbox.TerminalSize;
import dev.dunes.sandbox.spi.OutputQueue;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A command in a sandbox of a vendor: its output with back-pressure, its time limit, its end. */
final class CloudCommand implements RunningCommand {
  private static final Logger LOG = LoggerFactory.getLogger(CloudCommand.class);

  /** How long the vendor may take to tell the end of what was killed. */
  private static final Duration AFTER_KILL = Duration.ofSeconds(10);

  private final CloudSandbox sandbox;
  private final VendorProcess process;
  private final Launch launch;
  private final boolean detached;
  private final OutputQueue output;
  private final OutputWindow window = new OutputWindow();
  private final CommandInput input;
  private final EnterProblem problem;
  private final CompletableFuture<CommandExit> exit = new CompletableFuture<>();
  private final CountDownLatch pumped = new CountDownLatch(1);
  private final AtomicBoolean closed = new AtomicBoolean();
  private final long startedAt = System.nanoTime();
  private volatile boolean timedOut;

  private CloudCommand(
      CloudSandbox sandbox, VendorProcess process, Launch launch, Command command) {
    this.sandbox = sandbox;
    this.process = process;
    this.launch = launch;
    this.detached = command.detached();
    this.output = new OutputQueue(window::consumed);
    this.input = new CommandInput(process, launch.stdin());
    this.problem = new EnterProblem(sandbox, launch, command);
  }

  static CloudCommand follow(
      CloudSandbox sandbox, VendorProcess process, Launch launch, Command command) {
    CloudCommand running = new CloudCommand(sandbox, process, launch, command);
    Thread.ofVirtual().name("cloud-output").start(running::pump);
    command
        .timeout()
        .ifPresent(
            limit -> Thread.ofVirtual().name("cloud-timeout").start(() -> running.endAfter(limit)));
    command
        .input()
        .ifPresent(
            bytes -> Thread.ofVirtual().name("cloud-input").start(() -> running.input.feed(bytes)));
    return running;
  }

  boolean detached() {
    return detached;
  }

  // ---- what the vendor says ----

  private void pump() {
    try {
      VendorEvent event = process.next();
      while (event instanceof VendorEvent.Output out) {
        if (!problem.takes(out)) {
          window.awaitRoom(out.channel(), out.data().length);
          output.add(out.channel(), out.data());
        }
        event = process.next();
      }
      VendorEvent.Exit end = (VendorEvent.Exit) event;
      Optional<SandboxException> refused = problem.of(end);
      if (refused.isPresent()) {
        fail(refused.get());
      } else {
        output.end();
        exit.complete(
            timedOut
                ? ended(-1, OptionalInt.empty(), true)
                : ended(end.code(), end.signal(), false));
      }
    } catch (SandboxException e) {
      fail(e);
    } catch (RuntimeException | Error e) {
      fail(sandbox.vendor().unexpected(sandbox.id(), e));
      throw e;
    } finally {
      pumped.countDown();
      input.ended();
      process.close();
      sandbox.forget(this);
    }
  }

  private void fail(SandboxException cause) {
    output.fail(cause);
    exit.completeExceptionally(cause);
  }

  private CommandExit ended(int code, OptionalInt signal, boolean timedOut) {
    Duration duration = Duration.ofNanos(System.nanoTime() - startedAt);
    return new CommandExit(code, signal, timedOut, false, duration);
  }

  // ---- its end ----

  private void endAfter(Duration limit) {
    if (waitQuietly(pumped, limit)) {
      return;
    }
    timedOut = true;
    try {
      killTree();
      exit.complete(ended(-1, OptionalInt.empty(), true));
    } catch (SandboxException e) {
      fail(e);
      process.close();
      return;
    }
    // what was written before the end still arrives, if somebody reads it
    while (!waitQuietly(pumped, AFTER_KILL)) {
      if (!window.full()) {
        output.end();
        process.close();
        return;
      }
    }
  }

  private static boolean waitQuietly(CountDownLatch latch, Duration limit) {
    try {
      return latch.await(limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ArithmeticException e) {
      return waitQuietly(latch, Duration.ofDays(365));
    } catch (InterruptedException e) {
      throw new IllegalStateException("nobody interrupts this thread", e);
    }
  }

  private void killTree() {
    sandbox
        .scriptAnywhere(Scripts.KILL_TREE, launch.token())
        .require("the command could not be killed");
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      if (!exit.isDone()) {
        Uninterrupted.run(() -> {
          killOrSay();
          return true;
        });
      }
      release();
    }
  }

  private void killOrSay() {
    try {
      killTree();
    } catch (SandboxNotFoundException e) {
      LOG.debug("a command ended with its sandbox {}", sandbox.id());
    } catch (SandboxException e) {
      LOG.warn("could not kill a command in sandbox {}", sandbox.id(), e);
    }
  }

  /** Lets go of it without ending it. */
  void release() {
    window.open();
    process.close();
  }

  // ---- for whoever started it ----

  @Override
  public OptionalLong pid() {
    return process.pid();
  }

  @Override
  public OutputStream stdin() {
    return input;
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
    return waitFor(Duration.ofDays(365)).orElseThrow();
  }

  @Override
  public Optional<CommandExit> waitFor(Duration limit) {
    try {
      return Optional.of(exit.get(limit.toMillis(), TimeUnit.MILLISECONDS));
    } catch (TimeoutException e) {
      return Optional.empty();
    } catch (InterruptedException e) {
      throw new SandboxInterruptedException("waiting for a command", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof SandboxException known) {
        throw known;
      }
      throw sandbox.vendor().unexpected(sandbox.id(), e);
    }
  }

  @Override
  public void signal(Signal signal) {
    if (!exit.isDone()) {
      process
          .pid()
          .ifPresentOrElse(
              pid ->
                  sandbox.scriptAnywhere(
                      Scripts.SIGNAL, Long.toString(pid), Integer.toString(signal.number())),
              () -> signalTree(signal));
    }
  }

  @Override
  public void signalTree(Signal signal) {
    if (exit.isDone()) {
      return;
    }
    if (signal == Signal.KILL) {
      killTree();
    } else {
      sandbox.scriptAnywhere(
          Scripts.SIGNAL_TREE, launch.token(), Integer.toString(signal.number()));
    }
  }

  @Override
  public void resize(TerminalSize size) {
    if (launch.terminal().isPresent() && !exit.isDone()) {
      process.resize(size);
    }
  }

  @Override
  public boolean isRunning() {
    return !exit.isDone();
  }
}
