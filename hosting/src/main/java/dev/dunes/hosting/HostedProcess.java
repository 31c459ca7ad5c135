package dev.dunes.hosting;

import dev.dunes.sandbox.Channel;
import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.CommandExit;
import dev.dunes.sandbox.OutputChunk;
import dev.dunes.sandbox.RunningCommand;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxStateException;
import dev.dunes.sandbox.Signal;
import dev.dunes.sandbox.TerminalSize;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/** A process that was started in a sandbox, and what it wrote. Safe for use by several threads. */
public final class HostedProcess {
  private final String id = Tokens.id("p_");
  private final Command command;
  private final Optional<String> tag;
  private final long number;
  private final RunningCommand running;
  private final Instant startedAt = Instant.now();
  private final OutputLog output;
  private final CompletableFuture<CommandExit> exit = new CompletableFuture<>();
  private final Consumer<HostedProcess> whenEnded;
  private final ReentrantLock input = new ReentrantLock();
  private final Following beginning;
  private volatile Instant endedAt = Instant.MAX;

  /**
   * @param tag what its client calls it
   * @param number if it has no process id that is known
   * @param keep how many bytes of each channel are kept
   * @param whenEnded is told once it has ended, if its output was ever taken
   */
  HostedProcess(
      Command command,
      Optional<String> tag,
      RunningCommand running,
      long number,
      int keep,
      Consumer<HostedProcess> whenEnded) {
    this.command = command;
    this.tag = tag;
    this.running = running;
    this.whenEnded = whenEnded;
    this.number = running.pid().orElse(number);
    this.output = new OutputLog(keep);
    this.beginning = new Following(output.follow(0, 0));
  }

  /**
   * Begins to take its output.
   *
   * @return follows it from its first byte on
   */
  Following begin() {
    Thread.ofVirtual().name("dunes-process-" + id).start(this::pump);
    return beginning;
  }

  private void pump() {
    try (running) {
      for (Optional<OutputChunk> chunk = running.take();
          chunk.isPresent();
          chunk = running.take()) {
        output.add(chunk.get().channel(), chunk.get().data());
      }
      CommandExit ended = running.waitFor();
      endedAt = Instant.now();
      output.end();
      whenEnded.accept(this); // first: who knows of the end may start another one in its place
      exit.complete(ended);
    } catch (InterruptedException | RuntimeException e) {
      endedAt = Instant.now();
      output.end();
      whenEnded.accept(this);
      exit.completeExceptionally(e);
    }
  }

  /** Its id. */
  public String id() {
    return id;
  }

  /** Its process id inside the sandbox, where that is known. */
  public OptionalLong pid() {
    return running.pid();
  }

  /** Its process id inside the sandbox or, where that is not known, a number above all of them. */
  public long number() {
    return number;
  }

  /** What its client calls it. */
  public Optional<String> tag() {
    return tag;
  }

  /** What was started. */
  public Command command() {
    return command;
  }

  /** The program and its arguments. */
  public List<String> argv() {
    return command.argv();
  }

  public Instant startedAt() {
    return startedAt;
  }

  /** When it had ended; {@link Instant#MAX} while it runs. */
  public Instant endedAt() {
    return endedAt;
  }

  public boolean isRunning() {
    return !exit.isDone();
  }

  /**
   * How it ended; empty while it runs.
   *
   * @throws SandboxException when that cannot be known, as with a sandbox that has ended
   */
  public Optional<CommandExit> exit() {
    return exit.isDone() ? Optional.of(outcome()) : Optional.empty();
  }

  /** Waits for its end; empty when it goes on for longer. */
  public Optional<CommandExit> await(Duration limit) throws InterruptedException {
    try {
      return Optional.of(exit.get(limit.toMillis(), TimeUnit.MILLISECONDS));
    } catch (TimeoutException e) {
      return Optional.empty();
    } catch (ExecutionException e) {
      return Optional.of(outcome());
    }
  }

  private CommandExit outcome() {
    try {
      return exit.join();
    } catch (java.util.concurrent.CompletionException e) {
      if (e.getCause() instanceof SandboxException known) {
        throw known;
      }
      throw new SandboxStateException("how process %s ended is not known".formatted(id));
    }
  }

  /** What is kept of a channel. */
  public byte[] output(Channel channel) {
    return output.bytes(channel);
  }

  /** What is kept of a channel from an offset on. */
  public byte[] output(Channel channel, long from) {
    return output.bytes(channel, from);
  }

  /** Keeps nothing of its output any more, unless somebody reads it. */
  void forgetOutput() {
    output.forget();
  }

  /** Where what is kept of a channel begins. */
  public long outputStart(Channel channel) {
    return output.start(channel);
  }

  /** Whether older bytes of a channel are not kept any more. */
  public boolean truncated(Channel channel) {
    return output.dropped(channel);
  }

  /**
   * Follows its output. While this is open the process waits for the reader when it is behind by
   * what is kept.
   */
  public Following follow(long stdoutFrom, long stderrFrom) {
    return new Following(output.follow(stdoutFrom, stderrFrom));
  }

  /** Follows what it writes from now on; otherwise as {@link #follow(long, long)}. */
  public Following followLive() {
    return new Following(output.followLive());
  }

  /** Reads along. */
  public static final class Following implements AutoCloseable {
    private final OutputLog.Reader reader;

    private Following(OutputLog.Reader reader) {
      this.reader = reader;
    }

    /** The next bytes; empty when none came in time or nothing comes any more. */
    public Optional<ProcessOutput> next(Duration limit) throws InterruptedException {
      return reader.next(limit.toMillis());
    }

    /** Whether everything was read and nothing comes any more. */
    public boolean atEnd() {
      return reader.atEnd();
    }

    @Override
    public void close() {
      reader.close();
    }
  }

  /** Whether it has an input that can be written. */
  public boolean takesInput() {
    return command.stdinOpen() && command.input().isEmpty();
  }

  /**
   * Writes to its input; waits while it does not read.
   *
   * @param last whether its input ends then
   * @throws HostingException when it takes none, any more
   */
  public void write(byte[] data, boolean last) throws InterruptedException {
    if (!takesInput()) {
      throw HostingException.invalid(
          "process '%s' was started without an open stdin".formatted(id));
    }
    input.lockInterruptibly();
    try {
      running.stdin().write(data);
      running.stdin().flush();
      if (last) {
        running.stdin().close();
      }
    } catch (IOException e) {
      throw new HostingException(
          HostingException.Reason.INVALID,
          "process '%s' takes no more input: %s".formatted(id, e.getMessage()),
          e);
    } finally {
      input.unlock();
    }
  }

  /** Tells its terminal a new size; no effect without one. */
  public void resize(TerminalSize size) {
    running.resize(size);
  }

  /** Sends a signal to it and all its descendants; no effect once it has ended. */
  public void signal(Signal signal) {
    running.signalTree(signal);
  }

  /** Kills it with all its descendants. */
  public void kill() {
    running.signalTree(Signal.KILL);
  }
}
