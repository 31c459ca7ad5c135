package dev.dunes.agent.drive;

import dev.dunes.agent.AgentException;
import dev.dunes.agent.AgentExit;
import dev.dunes.sandbox.CommandExit;
import dev.dunes.sandbox.RunningCommand;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxInterruptedException;
import dev.dunes.sandbox.Signal;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An agent's process that speaks lines over its standard input and output. One thread reads each
 * output and one writes; all that is kept is bounded. Writing and closing may be done by any
 * thread, and never wait for the agent.
 */
public final class AgentProcess implements AutoCloseable {
  /** The longest line that is kept, in bytes. Query API, sheet 3.3. */
  public static final int LINE_LIMIT = 15 << 20;

  private static final Logger LOG = LoggerFactory.getLogger(AgentProcess.class);
  private static final int DIAGNOSTICS_PIECE = 4096;
  private static final int DIAGNOSTICS_LIMIT = 1 << 20;
  private static final long UNWRITTEN_LIMIT = 64 << 20;
  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(10);
  private static final byte[] END_OF_INPUT = new byte[0];

  private final RunningCommand command;
  private final RawQueue queue = new RawQueue();
  private final AtomicInteger open = new AtomicInteger(2);
  private final LinkedBlockingQueue<byte[]> outgoing = new LinkedBlockingQueue<>();
  private final AtomicLong unwritten = new AtomicLong();
  private final Thread writer;
  private volatile boolean deaf;

  public AgentProcess(RunningCommand command) {
    this.command = command;
    this.writer = Thread.ofVirtual().name("agent-stdin").start(this::writeAll);
    Thread.ofVirtual().name("agent-stdout").start(() -> read(this::readLines));
    Thread.ofVirtual().name("agent-stderr").start(() -> read(this::readDiagnostics));
  }

  private interface Reading {
    void run() throws IOException, InterruptedException;
  }

  private void read(Reading reading) {
    try {
      reading.run();
    } catch (IOException e) {
      LOG.debug("an output of the agent broke off", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      if (open.decrementAndGet() == 0) {
        end();
      }
    }
  }

  private void end() {
    try {
      queue.put(new RawOutput.End());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      queue.close();
    }
  }

  private void readLines() throws IOException, InterruptedException {
    try (InputStream in = command.stdout()) {
      new LineSplitter(LINE_LIMIT)
          .read(
              in,
              new LineSplitter.Lines() {
                @Override
                public void line(byte[] bytes) throws InterruptedException {
                  queue.put(new RawOutput.Line(bytes));
                }

                @Override
                public void tooLong(long bytes) throws InterruptedException {
                  queue.put(new RawOutput.TooLong(bytes));
                }
              });
    }
  }

  private void readDiagnostics() throws IOException, InterruptedException {
    char[] buffer = new char[DIAGNOSTICS_PIECE];
    int total = 0;
    try (Reader in = new InputStreamReader(command.stderr(), StandardCharsets.UTF_8)) {
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        boolean fits = total <= DIAGNOSTICS_LIMIT;
        total = Math.min(total + n, DIAGNOSTICS_LIMIT + 1);
        if (total <= DIAGNOSTICS_LIMIT) {
          queue.put(new RawOutput.Diagnostics(new String(buffer, 0, n)));
        } else if (fits) {
          queue.put(new RawOutput.Diagnostics("(more is dropped)\n"));
        }
      }
    }
  }

  /** What came next; empty when nothing did in time. {@link RawOutput.End} again and again. */
  public Optional<RawOutput> take(Optional<Duration> limit) {
    try {
      Optional<RawOutput> taken = queue.take(limit.orElse(RawQueue.FOREVER));
      if (taken.isPresent() && taken.get() instanceof RawOutput.End) {
        queue.close();
      }
      return taken;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new SandboxInterruptedException("waiting for an agent", e);
    }
  }

  /** Lets {@link #take} return soon, although nothing came. */
  public void wake() {
    queue.wake();
  }

  /**
   * Writes one line, whole, after those before it; never blocks.
   *
   * @throws AgentException {@code agent_ended} when it does not listen any more, {@code
   *     agent_stuck} when it has not read what was written before
   */
  public void write(String line) {
    byte[] bytes = (line + "\n").getBytes(StandardCharsets.UTF_8);
    if (deaf) {
      throw new AgentException("agent_ended", "the agent does not listen any more", null, null);
    }
    if (unwritten.addAndGet(bytes.length) > UNWRITTEN_LIMIT) {
      unwritten.addAndGet(-bytes.length);
      throw new AgentException(
          "agent_stuck", "the agent does not read its input", "end the session", null);
    }
    outgoing.add(bytes);
  }

  /** Nothing will be written any more. */
  public void endInput() {
    outgoing.add(END_OF_INPUT);
  }

  private void writeAll() {
    try (OutputStream stdin = command.stdin()) {
      for (byte[] bytes = outgoing.take(); bytes != END_OF_INPUT; bytes = outgoing.take()) {
        stdin.write(bytes);
        stdin.flush();
        unwritten.addAndGet(-bytes.length);
      }
    } catch (IOException e) {
      LOG.debug("the agent has ended before its input", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      deaf = true;
    }
  }

  /** Asks it to stop, as Control-C does; itself alone. */
  public void interrupt() {
    command.signal(Signal.INT);
  }

  /** Kills it with all it started. */
  public void kill() {
    command.signalTree(Signal.KILL);
  }

  public boolean isRunning() {
    return command.isRunning();
  }

  /** Waits for its end. */
  public AgentExit waitFor() {
    CommandExit exit = command.waitFor();
    return new AgentExit(exit.exitCode(), exit.outOfMemory());
  }

  /** When it returns the process has ended with all it started, or the sandbox does not answer. */
  @Override
  public void close() {
    queue.close();
    writer.interrupt();
    command.close();
    try {
      if (command.waitFor(CLOSE_LIMIT).isEmpty()) {
        LOG.warn("an agent has not ended {} s after it was killed", CLOSE_LIMIT.toSeconds());
      }
    } catch (SandboxException e) {
      LOG.debug("the sandbox ended before its agent, or the wait for its end did", e);
    }
  }
}
