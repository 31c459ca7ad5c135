package dev.dunes.provider.cloud;

import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxInterruptedException;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Objects;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The standard input of a command. What is written waits here, at most 256 KiB, for the thread that
 * gives it to the vendor one piece after another.
 */
final class CommandInput extends OutputStream {
  private static final Logger LOG = LoggerFactory.getLogger(CommandInput.class);
  private static final int MOST_WAITING = 256 << 10;

  /** In one request. */
  private static final int PIECE = 64 << 10;

  private final VendorProcess process;
  private final boolean there;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Deque<byte[]> pieces = new ArrayDeque<>();
  private int waiting;
  private boolean sending;
  private boolean closed;
  private boolean over;
  private @Nullable SandboxException failure;

  CommandInput(VendorProcess process, boolean there) {
    this.process = process;
    this.there = there;
  }

  // ---- in ----

  @Override
  public void write(int value) throws IOException {
    write(new byte[] {(byte) value}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, bytes.length);
    lock.lock();
    try {
      checkOpen();
      for (int from = offset; from < offset + length; from += PIECE) {
        while (waiting >= MOST_WAITING && !over && failure == null) {
          changed.await();
        }
        checkOpen();
        byte[] piece = Arrays.copyOfRange(bytes, from, Math.min(offset + length, from + PIECE));
        pieces.add(piece);
        waiting += piece.length;
        wake();
      }
    } catch (InterruptedException e) {
      throw new IOException(new SandboxInterruptedException("writing to a command", e));
    } finally {
      lock.unlock();
    }
  }

  private void checkOpen() throws IOException {
    if (!there) {
      throw new IOException("the command has no standard input");
    }
    if (closed) {
      throw new IOException("its standard input was closed");
    }
    if (over) {
      throw new IOException("the command has ended");
    }
    if (failure != null) {
      throw new IOException(failure.getMessage(), failure);
    }
  }

  @Override
  public void close() {
    lock.lock();
    try {
      if (there && !closed) {
        closed = true;
        wake();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Gives all of it, then the end. What a command does not want is not missed. */
  void feed(byte[] bytes) {
    try (this) {
      write(bytes);
    } catch (IOException e) {
      LOG.debug("a command did not take all of its input", e);
    }
  }

  /** The command has ended: it takes nothing more. */
  void ended() {
    lock.lock();
    try {
      over = true;
      pieces.clear();
      waiting = 0;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  // ---- out ----

  private void wake() {
    if (!sending) {
      sending = true;
      Thread.ofVirtual().name("cloud-input").start(this::send);
    }
    changed.signalAll();
  }

  private void send() {
    try {
      for (byte[] piece = next(); piece != null; piece = next()) {
        process.write(piece);
      }
      if (!isOver()) {
        process.closeInput();
      }
    } catch (SandboxException e) {
      lock.lock();
      try {
        failure = e;
        changed.signalAll();
      } finally {
        lock.unlock();
      }
      if (!isOver()) {
        LOG.debug("a command takes no more input", e);
      }
    }
  }

  /** The next piece; null at the end of all. */
  private byte @Nullable [] next() {
    lock.lock();
    try {
      while (pieces.isEmpty() && !closed && !over) {
        changed.awaitUninterruptibly();
      }
      byte[] piece = pieces.poll();
      waiting -= piece == null ? 0 : piece.length;
      changed.signalAll();
      return piece;
    } finally {
      lock.unlock();
    }
  }

  private boolean isOver() {
    lock.lock();
    try {
      return over;
    } finally {
      lock.unlock();
    }
  }
}
