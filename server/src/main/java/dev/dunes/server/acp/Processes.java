package dev.dunes.server.acp;

import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.CommandExit;
import dev.dunes.sandbox.OutputChunk;
import dev.dunes.sandbox.RunningCommand;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.Signal;
import dev.dunes.server.v1.Problem;
import dev.dunes.server.v1.ProblemType;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;

/** The processes clients have started in the workspace. Safe for use by several threads. */
final class Processes implements AutoCloseable {
  /** Ended ones that are remembered. */
  private static final int MOST_ENDED = 256;

  private final Workplace workplace;
  private final AtomicLong logBytes = new AtomicLong();
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<String, ManagedProcess> all = new LinkedHashMap<>();
  private ProcessLimits limits = ProcessLimits.DEFAULT;
  private long count;
  private int starting;

  Processes(Workplace workplace) {
    this.workplace = workplace;
  }

  ProcessLimits limits() {
    lock.lock();
    try {
      return limits;
    } finally {
      lock.unlock();
    }
  }

  void limits(ProcessLimits value) {
    lock.lock();
    try {
      limits = value;
    } finally {
      lock.unlock();
    }
  }

  List<ManagedProcess> all() {
    lock.lock();
    try {
      return List.copyOf(all.values());
    } finally {
      lock.unlock();
    }
  }

  ManagedProcess get(String id) {
    lock.lock();
    try {
      return Optional.ofNullable(all.get(id)).orElseThrow(() -> unknown(id).failure());
    } finally {
      lock.unlock();
    }
  }

  private static Problem unknown(String id) {
    Map<String, Object> details = new LinkedHashMap<>();
    details.put("id", id);
    details.put("resource", "process");
    return Problem.of(ProblemType.NOT_FOUND, "not found: process " + id).with("details", details);
  }

  /** Starts one; it lives until it ends, is ended, or the workspace is. */
  ManagedProcess start(Command command, boolean interactive) {
    String id = admit();
    try {
      RunningCommand running = spawn(command);
      ManagedProcess process =
          new ManagedProcess(
              id,
              command,
              interactive,
              running,
              new ProcessLog(limits().maxLogBytesPerProcess(), logBytes));
      lock.lock();
      try {
        all.put(id, process);
        forgetOldest();
      } finally {
        lock.unlock();
      }
      Thread.ofVirtual().name("acp-" + id).start(process::pump);
      return process;
    } finally {
      lock.lock();
      try {
        starting--;
      } finally {
        lock.unlock();
      }
    }
  }

  private String admit() {
    lock.lock();
    try {
      long running = all.values().stream().filter(ManagedProcess::isRunning).count() + starting;
      if (running >= limits.maxConcurrentProcesses()) {
        throw Problem.conflict(
                "max concurrent process limit reached (" + limits.maxConcurrentProcesses() + ")")
            .failure();
      }
      starting++;
      return "proc_" + ++count;
    } finally {
      lock.unlock();
    }
  }

  private RunningCommand spawn(Command command) {
    RunningCommand running;
    try {
      running = workplace.sandbox().start(command);
    } catch (dev.dunes.sandbox.SandboxInterruptedException e) {
      throw e;
    } catch (SandboxException e) {
      throw Problem.stream("failed to spawn process: " + e.getMessage()).failure();
    }
    if (running.pid().isEmpty() && !running.isRunning()) {
      // It never ran: what it has to say is said by the guest.
      try (running) {
        StringBuilder why = new StringBuilder();
        for (Optional<OutputChunk> chunk = running.take();
            chunk.isPresent();
            chunk = running.take()) {
          why.append(chunk.get().text());
        }
        throw Problem.stream("failed to spawn process: " + why.toString().strip()).failure();
      }
    }
    return running;
  }

  private void forgetOldest() {
    List<ManagedProcess> ended =
        all.values().stream().filter(process -> !process.isRunning()).toList();
    for (ManagedProcess process : ended.subList(0, Math.max(0, ended.size() - MOST_ENDED))) {
      all.remove(process.id());
      process.log().clear();
    }
  }

  void delete(String id) {
    lock.lock();
    try {
      ManagedProcess process = get(id);
      if (process.isRunning()) {
        throw Problem.conflict("process is still running; stop or kill it before delete").failure();
      }
      all.remove(id);
      process.log().clear();
    } finally {
      lock.unlock();
    }
  }

  /**
   * What a command left that was waited for.
   *
   * @param code its exit code; none after a signal or a timeout
   */
  record Result(CommandExit exit, OptionalInt code, Kept stdout, Kept stderr) {}

  /** The beginning of a stream. Not safe for use by several threads. */
  static final class Kept {
    private final java.io.ByteArrayOutputStream bytes = new java.io.ByteArrayOutputStream();
    private final int most;
    private boolean truncated;

    Kept(int most) {
      this.most = most;
    }

    private void add(byte[] data) {
      int count = Math.min(data.length, most - bytes.size());
      bytes.write(data, 0, count);
      truncated |= count < data.length;
    }

    String text() {
      return bytes.toString(StandardCharsets.UTF_8);
    }

    boolean truncated() {
      return truncated;
    }
  }

  /** Runs a command to its end. */
  Result run(Command command, int maxOutput) {
    Kept stdout = new Kept(maxOutput);
    Kept stderr = new Kept(maxOutput);
    try (RunningCommand running = spawn(command)) {
      for (Optional<OutputChunk> chunk = running.take();
          chunk.isPresent();
          chunk = running.take()) {
        switch (chunk.get().channel()) {
          case STDOUT -> stdout.add(chunk.get().data());
          case STDERR -> stderr.add(chunk.get().data());
        }
      }
      CommandExit exit = running.waitFor();
      boolean none = exit.timedOut() || exit.signal().isPresent();
      return new Result(
          exit, none ? OptionalInt.empty() : OptionalInt.of(exit.exitCode()), stdout, stderr);
    }
  }

  /** Ends all. */
  @Override
  public void close() {
    for (ManagedProcess process : all()) {
      try {
        process.signal(Signal.KILL, java.time.Duration.ZERO);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      } catch (SandboxException e) {
        // Its sandbox is gone, and it with it.
      }
    }
  }
}
