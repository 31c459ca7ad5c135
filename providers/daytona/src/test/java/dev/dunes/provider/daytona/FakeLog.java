package dev.dunes.provider.daytona;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.OptionalInt;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** What a command wrote, line by line behind the marks of its channels, as the daemon keeps it. */
final class FakeLog {
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final ByteArrayOutputStream[] plain = {
    new ByteArrayOutputStream(), new ByteArrayOutputStream()
  };
  private final boolean[] ended = new boolean[2];
  private OptionalInt code = OptionalInt.empty();
  private boolean closed;

  /** Adds a line; NUL bytes vanish, and every line has an end. */
  void add(int channel, byte[] line) {
    lock.lock();
    try {
      byte mark = (byte) (channel + 1);
      bytes.writeBytes(new byte[] {mark, mark, mark});
      for (byte value : line) {
        if (value != 0) {
          bytes.write(value);
          plain[channel].write(value);
        }
      }
      bytes.write('\n');
      plain[channel].write('\n');
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  void end(int channel, OptionalInt exitCode) {
    lock.lock();
    try {
      ended[channel] = true;
      exitCode.ifPresent(value -> code = OptionalInt.of(value));
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Nothing follows: its session is gone. */
  void close() {
    lock.lock();
    try {
      closed = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  OptionalInt code() {
    lock.lock();
    try {
      return over() ? code : OptionalInt.empty();
    } finally {
      lock.unlock();
    }
  }

  String text(int channel) {
    lock.lock();
    try {
      return plain[channel].toString(StandardCharsets.UTF_8);
    } finally {
      lock.unlock();
    }
  }

  private boolean over() {
    return ended[0] && ended[1];
  }

  /** Waits until the command has ended. */
  void awaitEnd() throws InterruptedException {
    lock.lock();
    try {
      while (!over() && !closed) {
        changed.await();
      }
    } finally {
      lock.unlock();
    }
  }

  /** What is there from a position on, at most 32 KiB; empty at the end. */
  byte[] from(int position) throws InterruptedException {
    lock.lock();
    try {
      while (bytes.size() <= position && !over() && !closed) {
        changed.await();
      }
      byte[] all = bytes.toByteArray();
      return Arrays.copyOfRange(all, position, Math.min(all.length, position + (1 << 15)));
    } finally {
      lock.unlock();
    }
  }

  /** Reads lines of a stream as bytes. */
  static byte[] line(InputStream in) throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int value = in.read(); value != '\n'; value = in.read()) {
      if (value < 0) {
        return line.size() == 0 ? new byte[0] : line.toByteArray();
      }
      line.write(value);
    }
    line.write('\n');
    return line.toByteArray();
  }
}
