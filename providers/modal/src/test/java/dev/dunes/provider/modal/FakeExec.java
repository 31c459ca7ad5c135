package dev.dunes.provider.modal;

import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.CommandExit;
import dev.dunes.sandbox.RunningCommand;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.TerminalSize;
import io.grpc.Status;
import io.grpc.StatusException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** A command of the router: all it wrote is kept, and can be read from any place. */
final class FakeExec implements AutoCloseable {
  private static final int MOST_SENT = 64 << 10;

  /** Bytes of which a part can be had without a copy of all. */
  private static final class Kept extends ByteArrayOutputStream {
    byte[] from(int position) {
      return Arrays.copyOfRange(
          buf, Math.min(position, count), Math.min(count, position + MOST_SENT));
    }
  }

  private final RunningCommand running;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Kept[] output = {new Kept(), new Kept()};
  private final boolean[] ended = new boolean[2];
  private Optional<CommandExit> exit = Optional.empty();
  private boolean over;

  // of its input
  private final ReentrantLock input = new ReentrantLock();
  private long written;
  private boolean closed;

  FakeExec(Sandbox sandbox, WireMessage asked) {
    Command.Builder command = Command.builder(asked.texts(3)).detached();
    if (asked.has(9)) {
      WireMessage terminal = asked.message(9);
      command.terminal(new TerminalSize((int) terminal.number(3), (int) terminal.number(2)));
    } else {
      command.openStdin();
    }
    if (asked.number(6) > 0) {
      command.timeout(Duration.ofSeconds(asked.number(6)));
    }
    if (!asked.text(7).isEmpty()) {
      command.workingDir(asked.text(7));
    }
    asked.messages(13).forEach(source -> command.env(source.message(2).map(1)));
    running = sandbox.start(command.build());
    Thread.ofVirtual().start(() -> keep(0, running.stdout()));
    Thread.ofVirtual().start(() -> keep(1, running.stderr()));
    Thread.ofVirtual().start(this::await);
  }

  private void keep(int stream, InputStream in) {
    try (in) {
      byte[] buffer = new byte[MOST_SENT];
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        changing(stream, Arrays.copyOf(buffer, count));
      }
    } catch (IOException | SandboxException e) {
      // its sandbox was destroyed
    }
    lock.lock();
    try {
      ended[stream] = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void changing(int stream, byte[] more) {
    lock.lock();
    try {
      output[stream].writeBytes(more);
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void await() {
    Optional<CommandExit> found = Optional.empty();
    try {
      found = Optional.of(running.waitFor());
    } catch (SandboxException e) {
      // its sandbox was destroyed
    }
    lock.lock();
    try {
      exit = found;
      over = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Sends a stream to its end; after so many bytes it breaks, unless that is 0. */
  void send(FakeCall call, int stream, long from, int cut) throws Exception {
    long at = from;
    while (!call.isCancelled()) {
      byte[] part = from(stream, (int) at);
      if (part.length == 0) {
        if (lost()) {
          throw Status.NOT_FOUND.withDescription("task not found").asException();
        }
        return;
      }
      boolean last = cut > 0 && at - from + part.length >= cut;
      if (last) {
        part = Arrays.copyOf(part, (int) (cut - (at - from)));
      }
      call.send(new WireFields().bytes(1, part));
      at += part.length;
      if (last) {
        throw Status.UNAVAILABLE.withDescription("the router restarts").asException();
      }
    }
  }

  private boolean lost() {
    lock.lock();
    try {
      return over && exit.isEmpty();
    } finally {
      lock.unlock();
    }
  }

  private byte[] from(int stream, int position) throws InterruptedException {
    lock.lock();
    try {
      while (output[stream].size() <= position && !ended[stream]) {
        changed.await();
      }
      return output[stream].from(position);
    } finally {
      lock.unlock();
    }
  }

  /** Its end: code=1 or signal=2. */
  WireFields exit(boolean waiting) throws InterruptedException, StatusException {
    lock.lock();
    try {
      while (waiting && !over) {
        changed.await();
      }
      if (!over) {
        return new WireFields();
      }
      CommandExit how =
          exit.orElseThrow(() -> Status.NOT_FOUND.withDescription("task not found").asException());
      return how.signal().isPresent()
          ? new WireFields().number(2, how.signal().getAsInt())
          : new WireFields().number(1, how.exitCode());
    } finally {
      lock.unlock();
    }
  }

  // ---- in ----

  /** What was there before is skipped. */
  void write(long offset, byte[] data, boolean eof) throws IOException, StatusException {
    input.lock();
    try {
      if (offset > written) {
        throw Status.INVALID_ARGUMENT.withDescription("offset beyond written").asException();
      }
      int skipped = (int) Math.min(data.length, written - offset);
      if (closed && skipped < data.length) {
        throw Status.FAILED_PRECONDITION.withDescription("stdin is closed").asException();
      }
      try {
        running.stdin().write(data, skipped, data.length - skipped);
        running.stdin().flush();
        written += data.length - skipped;
        if (eof && !closed) {
          closed = true;
          running.stdin().close();
        }
      } catch (IOException e) {
        throw Status.FAILED_PRECONDITION.withDescription("the command has ended").asException();
      }
    } finally {
      input.unlock();
    }
  }

  WireFields status() {
    input.lock();
    try {
      return new WireFields().number(1, written).flag(2, closed);
    } finally {
      input.unlock();
    }
  }

  @Override
  public void close() {
    running.close();
  }
}
