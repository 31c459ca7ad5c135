package dev.dunes.provider.vercel;

import dev.dunes.sandbox.Channel;
import dev.dunes.sandbox.OutputChunk;
import dev.dunes.sandbox.RunningCommand;
import dev.dunes.sandbox.SandboxException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import tools.jackson.databind.node.ObjectNode;

/** A command of the fake and its log. Whatever it writes is text there. */
final class FakeCommand {
  /** How far it may be ahead of who reads most of it. */
  private static final int MOST_AHEAD = 1 << 21;

  final String id = "cmd_" + UUID.randomUUID().toString().replace("-", "");
  private final String session;
  private final String name;
  private final RunningCommand running;
  private final long startedAt = Instant.now().toEpochMilli();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final List<String> lines = new ArrayList<>();
  private long written;
  private long read;
  private boolean ended;
  private OptionalInt code = OptionalInt.empty();

  FakeCommand(String session, String name, RunningCommand running) {
    this.session = session;
    this.name = name;
    this.running = running;
    Thread.ofVirtual().start(this::follow);
  }

  RunningCommand running() {
    return running;
  }

  private void follow() {
    OptionalInt exit = OptionalInt.empty();
    try (running) {
      for (Optional<OutputChunk> chunk = running.take();
          chunk.isPresent();
          chunk = running.take()) {
        add(chunk.get());
      }
      exit = OptionalInt.of(running.waitFor().exitCode());
    } catch (SandboxException e) {
      // it has ended with its sandbox
    } finally {
      lock.lock();
      try {
        ended = true;
        code = exit;
        changed.signalAll();
      } finally {
        lock.unlock();
      }
    }
  }

  private void add(OutputChunk chunk) {
    ObjectNode line = FakeVercel.object();
    line.put("stream", chunk.channel() == Channel.STDOUT ? "stdout" : "stderr");
    line.put("data", new String(chunk.data(), StandardCharsets.UTF_8));
    lock.lock();
    try {
      while (written - read > MOST_AHEAD && running.isRunning()) {
        changed.awaitUninterruptibly();
      }
      lines.add(line + "\n");
      written += chunk.data().length;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** The line at a place; empty when there is none any more. */
  Optional<String> line(int at) throws InterruptedException {
    lock.lock();
    try {
      while (lines.size() <= at && !ended) {
        changed.await();
      }
      if (lines.size() <= at) {
        return Optional.empty();
      }
      read = at == lines.size() - 1 ? written : Math.max(read, read + lines.get(at).length() / 2);
      changed.signalAll();
      return Optional.of(lines.get(at));
    } finally {
      lock.unlock();
    }
  }

  /** Waits until it has ended; empty when nobody will ever know how. */
  OptionalInt awaitEnd() throws InterruptedException {
    lock.lock();
    try {
      while (!ended) {
        changed.await();
      }
      return code;
    } finally {
      lock.unlock();
    }
  }

  ObjectNode show() {
    lock.lock();
    try {
      ObjectNode shown = FakeVercel.object().put("id", id).put("name", name);
      shown.putArray("args");
      shown.put("cwd", "/vercel/sandbox").put("sessionId", session).put("startedAt", startedAt);
      if (code.isPresent()) {
        shown.put("exitCode", code.getAsInt());
      } else {
        shown.putNull("exitCode");
      }
      ObjectNode answer = FakeVercel.object();
      answer.set("command", shown);
      return answer;
    } finally {
      lock.unlock();
    }
  }
}
