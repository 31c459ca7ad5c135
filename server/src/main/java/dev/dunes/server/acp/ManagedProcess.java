package dev.dunes.server.acp;

import dev.dunes.sandbox.Channel;
import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.CommandExit;
import dev.dunes.sandbox.OutputChunk;
import dev.dunes.sandbox.RunningCommand;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.Signal;
import dev.dunes.sandbox.TerminalSize;
import dev.dunes.server.http.Json;
import dev.dunes.server.v1.Problem;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** A process of the workspace that a client has started. Safe for use by several threads. */
final class ManagedProcess {
  private static final Logger LOG = LoggerFactory.getLogger(ManagedProcess.class);

  private final String id;
  private final Command command;
  private final boolean interactive;
  private final RunningCommand running;
  private final ProcessLog log;
  private final long createdAt = System.currentTimeMillis();
  private final CountDownLatch over = new CountDownLatch(1);
  private final ReentrantLock writing = new ReentrantLock();
  private volatile @Nullable End end;

  /**
   * How it ended.
   *
   * @param code its exit code; none after a signal, or when its sandbox is gone
   * @param atMillis since 1970
   */
  record End(OptionalInt code, long atMillis) {}

  ManagedProcess(
      String id, Command command, boolean interactive, RunningCommand running, ProcessLog log) {
    this.id = id;
    this.command = command;
    this.interactive = interactive;
    this.running = running;
    this.log = log;
  }

  /** Reads what it writes, to its end; on a thread of its own. */
  void pump() {
    OptionalInt code = OptionalInt.empty();
    try (RunningCommand source = running) {
      for (Optional<OutputChunk> chunk = source.take(); chunk.isPresent(); chunk = source.take()) {
        log.add(stream(chunk.get().channel()), chunk.get().data());
      }
      CommandExit exit = source.waitFor();
      code = exit.signal().isPresent() ? OptionalInt.empty() : OptionalInt.of(exit.exitCode());
    } catch (SandboxException e) {
      LOG.info("process {} ended with its sandbox: {}", id, e.getMessage());
    } finally {
      end = new End(code, System.currentTimeMillis());
      log.end();
      over.countDown();
    }
  }

  private String stream(Channel channel) {
    if (tty()) {
      return "pty";
    }
    return channel == Channel.STDOUT ? "stdout" : "stderr";
  }

  String id() {
    return id;
  }

  ProcessLog log() {
    return log;
  }

  boolean tty() {
    return command.terminal().isPresent();
  }

  boolean isRunning() {
    return end == null;
  }

  Optional<End> end() {
    return Optional.ofNullable(end);
  }

  /** Sends it and all it has started a signal, then waits at most so long for its end. */
  void signal(Signal signal, Duration wait) throws InterruptedException {
    if (isRunning()) {
      running.signalTree(signal);
    }
    awaitEnd(wait);
  }

  /** Whether it ended in time. */
  boolean awaitEnd(Duration wait) throws InterruptedException {
    return over.await(wait.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Gives it bytes; waits as long as it does not read. */
  void write(byte[] bytes) {
    if (!isRunning()) {
      throw notRunning().failure();
    }
    writing.lock();
    try {
      running.stdin().write(bytes);
      running.stdin().flush();
    } catch (IOException e) {
      throw notRunning().failure();
    } finally {
      writing.unlock();
    }
  }

  private static Problem notRunning() {
    return Problem.conflict("process is not running");
  }

  void resize(TerminalSize size) {
    if (!tty() || !isRunning()) {
      throw noTerminal().failure();
    }
    running.resize(size);
  }

  static Problem noTerminal() {
    return Problem.conflict("process is not running in tty mode");
  }

  ObjectNode json() {
    ObjectNode json = Json.object().put("id", id).put("command", command.argv().getFirst());
    ArrayNode arguments = json.putArray("args");
    command.argv().stream().skip(1).forEach(arguments::add);
    command.workingDir().ifPresent(cwd -> json.put("cwd", cwd));
    json.put("tty", tty()).put("interactive", interactive).put("owner", "user");
    Optional<End> ended = end();
    json.put("status", ended.isPresent() ? "exited" : "running");
    if (ended.isEmpty()) {
      running.pid().ifPresent(pid -> json.put("pid", pid));
    }
    ended.ifPresent(e -> e.code().ifPresent(code -> json.put("exitCode", code)));
    json.put("createdAtMs", createdAt);
    ended.ifPresent(e -> json.put("exitedAtMs", e.atMillis()));
    return json;
  }
}
