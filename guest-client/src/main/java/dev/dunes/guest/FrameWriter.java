package dev.dunes.guest;

import dev.dunes.sandbox.SandboxInterruptedException;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Sends frames from any thread through one writing thread. The thread of a caller never touches the
 * socket: an interrupt during a channel write would close the channel for everyone.
 */
final class FrameWriter implements Closeable {
  /** How much may wait to be written before callers wait too. */
  private static final int HIGH_WATER = 4 << 20;

  /** How many buffers go out in one gathering write; the kernel's own limit is 1024. */
  private static final int GATHER = 256;

  private final GuestTransport transport;
  private final Consumer<IOException> onFailure;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Deque<ByteBuffer> waiting = new ArrayDeque<>();
  private int waitingBytes;
  private boolean closed;

  FrameWriter(GuestTransport transport, Consumer<IOException> onFailure) {
    this.transport = transport;
    this.onFailure = onFailure;
  }

  /** The writing thread's work. */
  void run() {
    try {
      for (ByteBuffer[] batch = next(); batch != null; batch = next()) {
        transport.write(batch);
      }
    } catch (IOException e) {
      close();
      onFailure.accept(e);
    }
  }

  void send(int type, int stream, byte[] payload) {
    send(type, stream, payload, null);
  }

  /**
   * Queues a frame.
   *
   * @param rest more payload, sent as it is and not copied: the caller must not change it any more
   */
  void send(int type, int stream, byte[] payload, @Nullable ByteBuffer rest) {
    lock.lock();
    try {
      if (rest == null) {
        while (isFull()) {
          changed
              .awaitUninterruptibly(); // control frames, such as CANCEL after an interrupt, must go
          // out
        }
      } else {
        awaitRoom();
      }
      sendNow(type, stream, payload, rest);
    } finally {
      lock.unlock();
    }
  }

  /** Waits until little enough is waiting. */
  void awaitRoom() {
    lock.lock();
    try {
      while (isFull()) {
        changed.await();
      }
    } catch (InterruptedException e) {
      throw new SandboxInterruptedException("sending to the guest", e);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Queues a frame without ever waiting. For callers on whom others wait: holders of a lock, the
   * reading thread. What they send is bounded by other means.
   */
  void sendNow(int type, int stream, byte[] payload, @Nullable ByteBuffer rest) {
    int size = payload.length + (rest == null ? 0 : rest.remaining());
    ByteBuffer head = ByteBuffer.allocate(9 + payload.length);
    head.putInt(FrameReader.HEADER_AFTER_LENGTH + size)
        .put((byte) type)
        .putInt(stream)
        .put(payload)
        .flip();
    lock.lock();
    try {
      if (closed) {
        return; // whoever waits for an answer is told by the connection
      }
      waiting.add(head);
      if (rest != null) {
        waiting.add(rest);
      }
      waitingBytes += 9 + size;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Queues a frame unless too much is waiting already; false when it was not. */
  boolean sendIfRoom(int type, int stream, byte[] payload) {
    lock.lock();
    try {
      if (isFull()) {
        return false;
      }
      sendNow(type, stream, payload, null);
      return true;
    } finally {
      lock.unlock();
    }
  }

  private boolean isFull() {
    return waitingBytes > HIGH_WATER && !closed;
  }

  private ByteBuffer @Nullable [] next() {
    lock.lock();
    try {
      while (waiting.isEmpty() && !closed) {
        changed.awaitUninterruptibly();
      }
      if (waiting.isEmpty()) {
        return null;
      }
      List<ByteBuffer> batch = new ArrayList<>();
      while (!waiting.isEmpty() && batch.size() < GATHER) {
        ByteBuffer buffer = waiting.remove();
        waitingBytes -= buffer.remaining();
        batch.add(buffer);
      }
      changed.signalAll();
      return batch.toArray(ByteBuffer[]::new);
    } finally {
      lock.unlock();
    }
  }

  /** Sends what waits, then ends the writing thread. */
  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
