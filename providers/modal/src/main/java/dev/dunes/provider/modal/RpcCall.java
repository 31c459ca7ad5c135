package dev.dunes.provider.modal;

import dev.dunes.sandbox.SandboxInterruptedException;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A call whose messages are sent and taken by threads that block. The next message is asked for
 * when the last was taken: a slow reader makes the server wait.
 */
final class RpcCall implements AutoCloseable {
  private sealed interface Item {
    @SuppressWarnings("ArrayRecordComponent") // handed over once, never compared
    record Message(byte[] bytes) implements Item {}

    record End(Status status, Metadata trailers) implements Item {}
  }

  private final ClientCall<byte[], byte[]> call;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  /** Bounded by what was asked for: one message, and the end. */
  private final BlockingQueue<Item> items = new LinkedBlockingQueue<>();

  private volatile boolean over;
  private volatile Metadata trailers = new Metadata();

  private RpcCall(ClientCall<byte[], byte[]> call) {
    this.call = call;
  }

  /**
   * Begins a call.
   *
   * @param limit until it has ended; without one it may last for ever
   */
  static RpcCall open(
      Channel channel,
      MethodDescriptor<byte[], byte[]> method,
      Metadata headers,
      Optional<Duration> limit) {
    CallOptions options =
        limit
            .map(most ->
                CallOptions.DEFAULT.withDeadlineAfter(most.toMillis(), TimeUnit.MILLISECONDS))
            .orElse(CallOptions.DEFAULT);
    RpcCall opened = new RpcCall(channel.newCall(method, options));
    opened.call.start(opened.new Listener(), headers);
    opened.call.request(1);
    return opened;
  }

  /** Sends a message once the connection takes it. */
  void send(byte[] message) throws StatusException {
    lock.lock();
    try {
      while (!call.isReady() && !over) {
        changed.await();
      }
      if (!over) {
        call.sendMessage(message);
      }
    } catch (InterruptedException e) {
      throw interrupted(e);
    } finally {
      lock.unlock();
    }
  }

  /** Nothing more is sent. */
  void end() {
    if (!over) {
      call.halfClose();
    }
  }

  /** The next message; empty at a proper end. */
  Optional<byte[]> next() throws StatusException {
    try {
      Item item = items.take();
      if (item instanceof Item.Message(byte[] bytes)) {
        call.request(1);
        return Optional.of(bytes);
      }
      items.add(item); // whoever asks again is told again
      Item.End end = (Item.End) item;
      if (!end.status().isOk()) {
        throw end.status().asException(end.trailers());
      }
      return Optional.empty();
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
  }

  /** One message for one: its answer. */
  byte[] exchange(byte[] message) throws StatusException {
    // before the connection is there gRPC keeps it; it is one
    call.sendMessage(message);
    call.halfClose();
    Optional<byte[]> answer = next();
    if (answer.isEmpty() || next().isPresent()) {
      throw Status.INTERNAL.withDescription("not one answer but another number").asException();
    }
    return answer.get();
  }

  /** What came with the end. */
  Metadata trailers() {
    return trailers;
  }

  private SandboxInterruptedException interrupted(InterruptedException e) {
    close();
    return new SandboxInterruptedException("waiting for modal", e);
  }

  /** Breaks it off unless it has ended. */
  @Override
  public void close() {
    if (!over) {
      call.cancel("it was let go", null);
    }
  }

  private final class Listener extends ClientCall.Listener<byte[]> {
    @Override
    public void onMessage(byte[] message) {
      items.add(new Item.Message(message));
    }

    @Override
    public void onReady() {
      wake();
    }

    @Override
    public void onClose(Status status, Metadata last) {
      trailers = last;
      over = true;
      items.add(new Item.End(status, last));
      wake();
    }

    private void wake() {
      lock.lock();
      try {
        changed.signalAll();
      } finally {
        lock.unlock();
      }
    }
  }
}
