package dev.dunes.guest;

import dev.dunes.sandbox.ProviderException;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxInterruptedException;
import dev.dunes.sandbox.SandboxTimeoutException;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A connection to a guest: many operations at once over one transport. A connection that broke
 * stays broken; every operation under way and every later one fails with the reason.
 */
public final class GuestConnection implements AutoCloseable {
  /** What HELLO offers, docs/guest-protocol.md. */
  private static final int MAGIC = 0x44554E45;

  private static final int VERSION = 1;
  private static final int FLAG_OWNER = 1;
  private static final int MAX_STREAMS = 4096;

  /** How a guest is greeted. */
  public enum Role {
    /** The guest and everything in its sandbox ends when this connection does. */
    OWNER,
    /** One of several. */
    VISITOR
  }

  private final GuestTransport transport;
  private final GuestIdentity identity;
  private final FrameReader reader;
  private final FrameWriter writer;
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<Integer, GuestStream> streams = new HashMap<>();
  private final CompletableFuture<String> welcome = new CompletableFuture<>();
  private int lastId;
  private @Nullable SandboxException broken;

  private GuestConnection(GuestTransport transport, GuestIdentity identity) {
    this.transport = transport;
    this.identity = identity;
    this.reader = new FrameReader(transport);
    this.writer = new FrameWriter(transport, this::lose);
  }

  /**
   * Greets the guest and waits for its answer. On any failure the transport is closed.
   *
   * @throws ProviderException when it is not a guest, or none that speaks this version
   * @throws SandboxTimeoutException when it does not answer in time
   */
  public static GuestConnection open(
      GuestTransport transport, GuestIdentity identity, Role role, Duration limit) {
    GuestConnection connection = new GuestConnection(transport, identity);
    Thread.ofVirtual().name("guest-writer").start(connection.writer::run);
    Thread.ofVirtual().name("guest-reader").start(connection::readAll);
    byte[] hello =
        new PayloadWriter()
            .u32(MAGIC)
            .u16(VERSION)
            .u16(VERSION)
            .u32(role == Role.OWNER ? FLAG_OWNER : 0)
            .toBytes();
    connection.writer.send(FrameType.HELLO, 0, hello);
    try {
      connection.welcome.get(limit.toNanos(), TimeUnit.NANOSECONDS);
      return connection;
    } catch (InterruptedException e) {
      connection.close();
      throw new SandboxInterruptedException("greeting the guest", e);
    } catch (TimeoutException e) {
      connection.close();
      throw connection.silent(limit);
    } catch (ExecutionException e) {
      connection.close();
      throw e.getCause() instanceof SandboxException known ? known : connection.lost(e);
    }
  }

  /** The guest's version, in its own words. */
  public String guestVersion() {
    return welcome.join();
  }

  /** Whether it can still be used. */
  public boolean isOpen() {
    lock.lock();
    try {
      return broken == null;
    } finally {
      lock.unlock();
    }
  }

  /** Ends the connection. Operations under way fail. */
  @Override
  public void close() {
    lose(new EOFException("closed"));
  }

  /** Starts an operation; its stream gets what follows. */
  void start(Operation operation, PayloadWriter arguments, GuestStream stream) {
    byte[] args = arguments.toBytes();
    writer.awaitRoom(); // not below: the reading thread and whoever closes need the lock, too
    lock.lock();
    try {
      if (broken != null) {
        throw broken;
      }
      if (streams.size() >= MAX_STREAMS) {
        throw new dev.dunes.sandbox.SandboxQuotaException(
            "more than " + MAX_STREAMS + " operations at once in one sandbox");
      }
      int id = ++lastId;
      stream.attach(this, id);
      streams.put(id, stream);
      // INVARIANT: ids rise on the wire, so the frame is queued while the lock is held
      byte[] payload =
          ByteBuffer.allocate(2 + args.length).putShort((short) operation.code).put(args).array();
      writer.sendNow(FrameType.OPEN, id, payload, null);
    } finally {
      lock.unlock();
    }
  }

  /** Runs an operation without data or answer to its end. */
  void call(Operation operation, PayloadWriter arguments, Duration limit, String path) {
    GuestStream stream = new GuestStream() {};
    start(operation, arguments, stream);
    stream.await(limit, path);
  }

  /** Asks a question and waits for the answer. */
  <T> T call(
      Operation operation,
      PayloadWriter arguments,
      Duration limit,
      String path,
      GuestCall.Answer<T> answer) {
    GuestCall<T> stream = new GuestCall<>(answer);
    start(operation, arguments, stream);
    return stream.value(limit, path);
  }

  void send(int type, int stream, byte[] payload, @Nullable ByteBuffer rest) {
    writer.send(type, stream, payload, rest);
  }

  /** For frames of which there are never more than the guest's own data calls for. */
  void sendNow(int type, int stream, byte[] payload) {
    writer.sendNow(type, stream, payload, null);
  }

  private void readAll() {
    try {
      for (Optional<Frame> frame = reader.read(); frame.isPresent(); frame = reader.read()) {
        accept(frame.get());
      }
      lose(new EOFException("the guest hung up"));
    } catch (IOException e) {
      lose(e);
    } catch (RuntimeException e) {
      // whatever it is, without this thread nobody would ever get an answer
      lose(new GuestProtocolException("the guest's answer could not be handled: " + e));
    }
  }

  private void accept(Frame frame) throws IOException {
    if (frame.stream() == 0) {
      acceptConnectionFrame(frame);
      return;
    }
    if (!welcome.isDone()) {
      throw new GuestProtocolException("a frame before the greeting");
    }
    boolean last = frame.type() == FrameType.RESULT || frame.type() == FrameType.ERROR;
    GuestStream stream = find(frame.stream(), last);
    PayloadReader payload = new PayloadReader(frame.payload());
    switch (frame.type()) {
      case FrameType.DATA -> stream.data(frame.payload());
      case FrameType.EOF -> stream.eof(payload);
      case FrameType.CREDIT -> stream.credit(payload);
      case FrameType.EVENT -> {
        stream.onEvent(payload.u8(), payload);
        payload.end();
      }
      case FrameType.RESULT -> end(stream, () -> stream.succeed(payload));
      case FrameType.ERROR -> end(stream, () -> stream.fail(GuestError.parse(payload)));
      default -> throw new GuestProtocolException("frame type " + frame.type());
    }
  }

  private interface Ending {
    void run() throws GuestProtocolException;
  }

  /** The stream is no longer in the table: a broken outcome must still end it. */
  private void end(GuestStream stream, Ending ending) throws GuestProtocolException {
    try {
      ending.run();
    } catch (GuestProtocolException e) {
      stream.lose(lost(e));
      throw e;
    }
  }

  private void acceptConnectionFrame(Frame frame) throws GuestProtocolException {
    PayloadReader payload = new PayloadReader(frame.payload());
    if (!welcome.isDone()
        && frame.type() != FrameType.WELCOME
        && frame.type() != FrameType.GOAWAY) {
      throw new GuestProtocolException("a frame before the greeting");
    }
    switch (frame.type()) {
      case FrameType.WELCOME -> {
        int version = payload.u16();
        String text = GuestError.printable(payload.str());
        payload.u32();
        payload.end();
        if (version != VERSION) {
          throw new GuestProtocolException("protocol version " + version);
        }
        if (!welcome.complete(text)) {
          throw new GuestProtocolException("a second greeting");
        }
      }
      case FrameType.PING -> {
        payload.i64();
        payload.end();
        if (!writer.sendIfRoom(FrameType.PONG, 0, frame.payload())) {
          throw new GuestProtocolException("pings whose answers it does not read");
        }
      }
      case FrameType.GOAWAY -> {
        int code = payload.u16();
        throw new GuestProtocolException(
            "the guest gave up (%d): %s".formatted(code, GuestError.printable(payload.str())));
      }
      default ->
          throw new GuestProtocolException("frame type " + frame.type() + " for the connection");
    }
  }

  private GuestStream find(int id, boolean last) throws GuestProtocolException {
    lock.lock();
    try {
      GuestStream stream = last ? streams.remove(id) : streams.get(id);
      if (stream == null) {
        throw new GuestProtocolException(
            "a frame for stream " + Integer.toUnsignedString(id) + ", which is not open");
      }
      return stream;
    } finally {
      lock.unlock();
    }
  }

  private void lose(IOException cause) {
    SandboxException reason = lost(cause);
    writer.close(); // first: frees everyone who waits for a guest that does not read
    List<GuestStream> orphans;
    lock.lock();
    try {
      if (broken != null) {
        return;
      }
      broken = reason;
      orphans = List.copyOf(streams.values());
      streams.clear();
    } finally {
      lock.unlock();
    }
    welcome.completeExceptionally(reason);
    orphans.forEach(stream -> stream.lose(reason));
    try {
      transport.close();
    } catch (IOException e) {
      reason.addSuppressed(e);
    }
  }

  private SandboxException lost(Throwable cause) {
    String what =
        cause instanceof GuestProtocolException
            ? "%s: the guest of sandbox %s broke the protocol: %s"
            : "%s: the connection to sandbox %s was lost: %s";
    return new ProviderException(
        what.formatted(identity.provider(), identity.sandbox(), cause.getMessage()),
        identity
            .details()
            .withCause(cause)
            .withRemedy(
                "try again: what is asked of it next connects anew, or says that it has ended"));
  }

  private SandboxException silent(Duration limit) {
    return new SandboxTimeoutException(
        "%s: the guest of sandbox %s did not answer within %d ms"
            .formatted(identity.provider(), identity.sandbox(), limit.toMillis()),
        identity
            .details()
            .withRemedy("try again when the machine is less busy, or make another sandbox"));
  }
}
