package dev.dunes.provider.modal;

import io.grpc.HandlerRegistry;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerMethodDefinition;
import io.grpc.Status;
import io.grpc.StatusException;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** A call that a fake answers, on a thread of its own that may block. */
final class FakeCall extends ServerCall.Listener<byte[]> {
  /** Answers calls; a proper return is a proper end. */
  interface Handler {
    void handle(FakeCall call) throws Exception;
  }

  final String method;
  final Metadata headers;
  final Metadata trailers = new Metadata();
  private final ServerCall<byte[], byte[]> call;
  private final BlockingQueue<Optional<byte[]>> messages = new LinkedBlockingQueue<>();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private volatile boolean cancelled;
  private boolean begun;
  private boolean silent;

  private FakeCall(String method, Metadata headers, ServerCall<byte[], byte[]> call) {
    this.method = method;
    this.headers = headers;
    this.call = call;
  }

  /** Every method of every service, by its bare name. */
  static HandlerRegistry registry(Handler handler) {
    return new HandlerRegistry() {
      @Override
      public ServerMethodDefinition<?, ?> lookupMethod(String name, @Nullable String authority) {
        int slash = name.lastIndexOf('/');
        String method = name.substring(slash + 1);
        ServerCallHandler<byte[], byte[]> begin =
            (call, headers) -> {
              FakeCall made = new FakeCall(method, headers, call);
              call.request(1);
              Thread.ofVirtual().start(() -> made.run(handler));
              return made;
            };
        return ServerMethodDefinition.create(
            Rpc.of(MethodType.UNKNOWN, name.substring(0, slash), method), begin);
      }
    };
  }

  private void run(Handler handler) {
    Status status = Status.OK;
    Metadata last = trailers;
    try {
      handler.handle(this);
    } catch (StatusException e) {
      status = e.getStatus();
      last = e.getTrailers() == null ? trailers : e.getTrailers();
    } catch (InterruptedException e) {
      status = Status.CANCELLED;
    } catch (Exception e) {
      status = Status.INTERNAL.withDescription(String.valueOf(e));
    }
    if (!cancelled) {
      if (status.isOk()) {
        begin();
      }
      call.close(status, last);
    }
  }

  private void begin() {
    if (!begun) {
      begun = true;
      call.sendHeaders(new Metadata());
    }
  }

  String header(String name) {
    String value = headers.get(ControlPlane.key(name));
    return value == null ? "" : value;
  }

  /** The next message; empty when the client sends no more. */
  Optional<WireMessage> next() throws InterruptedException {
    Optional<byte[]> message = messages.take();
    if (message.isEmpty()) {
      messages.add(message);
    } else {
      call.request(1);
    }
    return message.map(WireMessage::of);
  }

  void send(WireFields message) throws InterruptedException, StatusException {
    lock.lock();
    try {
      while (!call.isReady() && !cancelled && begun) {
        changed.await();
      }
    } finally {
      lock.unlock();
    }
    if (cancelled) {
      throw Status.CANCELLED.asException();
    }
    if (silent) {
      return;
    }
    begin();
    call.sendMessage(message.toBytes());
  }

  /** The same call, whose answers reach nobody. */
  FakeCall silent() {
    silent = true;
    return this;
  }

  boolean isCancelled() {
    return cancelled;
  }

  @Override
  public void onMessage(byte[] message) {
    messages.add(Optional.of(message));
  }

  @Override
  public void onHalfClose() {
    messages.add(Optional.empty());
  }

  @Override
  public void onCancel() {
    cancelled = true;
    messages.add(Optional.empty());
    onReady();
  }

  @Override
  public void onReady() {
    lock.lock();
    try {
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
