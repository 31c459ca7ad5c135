package dev.dunes.agent.amp;

import dev.dunes.agent.AgentExit;
import dev.dunes.agent.drive.AgentProcess;
import dev.dunes.agent.drive.RawOutput;
import dev.dunes.agent.drive.RawQueue;
import dev.dunes.sandbox.SandboxException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The processes of a thread of Amp's, one at a time, and what they say in one queue. Safe for use
 * by several threads.
 */
final class AmpProcesses implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(AmpProcesses.class);

  /** Who does not stop when asked to is killed. */
  private static final Duration INTERRUPT_LIMIT = Duration.ofSeconds(10);

  private final AmpLaunch launch;
  private final RawQueue queue = new RawQueue();
  private final ReentrantLock lock = new ReentrantLock();
  private @Nullable AgentProcess process;
  private @Nullable Long interruptDeadline;
  private boolean closed;
  private AgentExit exit = new AgentExit(0, false);

  AmpProcesses(AmpLaunch launch) {
    this.launch = launch;
  }

  /**
   * Writes a line to the process that runs, or else to one that goes on with the thread.
   *
   * @param thread when it is known
   */
  void write(Optional<String> thread, String line) {
    lock.lock();
    try {
      interruptDeadline = null;
      AgentProcess to = process;
      if (to == null) {
        AgentProcess started = launch.start(thread);
        Thread.ofVirtual().name("amp-output").start(() -> pump(started));
        process = started;
        to = started;
      }
      to.write(line);
    } finally {
      lock.unlock();
    }
  }

  private void pump(AgentProcess from) {
    try {
      while (true) {
        RawOutput output = from.take(Optional.empty()).orElseGet(RawOutput.Wake::new);
        queue.put(output);
        if (output instanceof RawOutput.End) {
          return;
        }
      }
    } catch (SandboxException e) {
      LOG.debug("reading the output of Amp was broken off", e);
      queue.close();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      queue.close();
    }
  }

  /** What was said next; an end is that of one process, see {@link #ended()}. */
  Optional<RawOutput> take() throws InterruptedException {
    Optional<Duration> left = left();
    Optional<RawOutput> taken = queue.take(left.orElse(RawQueue.FOREVER));
    if (left.isPresent() && taken.isEmpty()) {
      killWhoDoesNotStop();
    }
    return taken;
  }

  private Optional<Duration> left() {
    lock.lock();
    try {
      return Optional.ofNullable(interruptDeadline)
          .map(at -> Duration.ofNanos(Math.max(0, at - System.nanoTime())));
    } finally {
      lock.unlock();
    }
  }

  private void killWhoDoesNotStop() {
    lock.lock();
    try {
      if (interruptDeadline != null && process != null) {
        LOG.warn("an agent did not stop when asked to; it is killed");
        interruptDeadline = null;
        process.kill();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Lets {@link #take} return soon. */
  void wake() {
    queue.wake();
  }

  /** Whether there is a process. */
  boolean running() {
    lock.lock();
    try {
      return process != null;
    } finally {
      lock.unlock();
    }
  }

  /** Asks the process to end. */
  void interrupt() {
    lock.lock();
    try {
      if (process != null) {
        interruptDeadline = System.nanoTime() + INTERRUPT_LIMIT.toNanos();
        process.interrupt();
      }
    } finally {
      lock.unlock();
    }
    queue.wake();
  }

  /** No line will follow. */
  void endInput() {
    lock.lock();
    try {
      if (process != null) {
        process.endInput();
      }
    } finally {
      lock.unlock();
    }
  }

  /** After an end was taken: there is no process now, and nothing of what its tools left. */
  void ended() {
    AgentProcess gone;
    lock.lock();
    try {
      gone = process;
    } finally {
      lock.unlock();
    }
    if (gone == null) {
      return;
    }
    AgentExit how = gone.waitFor();
    gone.close();
    lock.lock();
    try {
      exit = how;
      process = null;
      interruptDeadline = null;
    } finally {
      lock.unlock();
    }
  }

  /** How the last one ended; waits for that. */
  AgentExit waitFor() {
    AgentProcess last;
    lock.lock();
    try {
      last = process;
      if (last == null) {
        return exit;
      }
    } finally {
      lock.unlock();
    }
    return last.waitFor();
  }

  @Override
  public void close() {
    AgentProcess last;
    lock.lock();
    try {
      closed = true;
      last = process;
    } finally {
      lock.unlock();
    }
    queue.close();
    if (last != null) {
      last.close();
    }
  }

  /** Whether {@link #close()} was called. */
  boolean closed() {
    lock.lock();
    try {
      return closed;
    } finally {
      lock.unlock();
    }
  }
}
