package dev.dunes.guest;

import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxInterruptedException;
import dev.dunes.sandbox.SandboxTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One operation under way: its credit in both directions and its outcome. Subclasses see data and
 * events, called by the connection's reading thread, which they must not block.
 */
abstract class GuestStream {
  /** Credit each channel starts with, docs/guest-protocol.md "Credit". */
  static final int WINDOW = 262_144;

  /** The largest DATA the protocol allows. */
  static final int MAX_DATA = 262_144;

  private static final int CHANNELS = 3;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final int[] allowedIn = {0, WINDOW, WINDOW};
  private final int[] owedIn = new int[CHANNELS];
  private int allowedOut = WINDOW;
  private final AtomicBoolean cancelled = new AtomicBoolean();
  private final boolean[] endedIn = new boolean[CHANNELS];
  private @Nullable GuestConnection connection;
  private int id;

  private @Nullable GuestError error;
  private @Nullable SandboxException lost;
  private boolean done;

  /** Bytes arrived on channel 1 or 2. */
  void onData(int channel, byte[] data) throws GuestProtocolException {
    throw new GuestProtocolException("data nobody asked for");
  }

  /** An event arrived. */
  void onEvent(int kind, PayloadReader payload) throws GuestProtocolException {
    throw new GuestProtocolException("event " + kind + " nobody asked for");
  }

  /** Channel 1 or 2 has ended. */
  void onEof(int channel) {}

  /** The result arrived; reads all of it. Here: of an operation that has nothing to say. */
  void onResult(PayloadReader payload) throws GuestProtocolException {}

  /** The outcome is known; nothing follows. */
  void onDone() {}

  /** What an ERROR means to the caller. */
  SandboxException refusal(GuestError cause, String subject) {
    return GuestErrors.exception(cause, subject);
  }

  final void attach(GuestConnection to, int streamId) {
    connection = to;
    id = streamId;
  }

  // ---- what the reading thread calls ----

  final void data(byte[] payload) throws GuestProtocolException {
    if (payload.length < 2 || payload.length - 1 > MAX_DATA) {
      throw new GuestProtocolException("data of " + (payload.length - 1) + " bytes");
    }
    int channel = inbound(payload[0]);
    int size = payload.length - 1;
    lock.lock();
    try {
      if (allowedIn[channel] < size || endedIn[channel]) {
        throw new GuestProtocolException("data without credit");
      }
      allowedIn[channel] -= size;
    } finally {
      lock.unlock();
    }
    byte[] data = new byte[size];
    System.arraycopy(payload, 1, data, 0, size);
    onData(channel, data);
  }

  final void eof(PayloadReader payload) throws GuestProtocolException {
    int channel = inbound(payload.u8());
    payload.end();
    lock.lock();
    try {
      if (endedIn[channel]) {
        throw new GuestProtocolException("end of a channel that had ended");
      }
      endedIn[channel] = true;
    } finally {
      lock.unlock();
    }
    onEof(channel);
  }

  final void credit(PayloadReader payload) throws GuestProtocolException {
    int channel = payload.u8();
    int bytes = payload.count();
    payload.end();
    if (channel != 0) {
      throw new GuestProtocolException("credit for channel " + channel);
    }
    lock.lock();
    try {
      allowedOut = Math.addExact(allowedOut, bytes);
      changed.signalAll();
    } catch (ArithmeticException e) {
      throw new GuestProtocolException("credit beyond 2 GiB");
    } finally {
      lock.unlock();
    }
  }

  final void succeed(PayloadReader payload) throws GuestProtocolException {
    onResult(payload);
    payload.end();
    finish(null, null);
  }

  final void fail(GuestError cause) {
    finish(cause, null);
  }

  final void lose(SandboxException cause) {
    finish(null, cause);
  }

  private void finish(@Nullable GuestError cause, @Nullable SandboxException loss) {
    lock.lock();
    try {
      if (done) {
        return;
      }
      error = cause;
      lost = loss;
      done = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    onDone();
  }

  // ---- what callers call ----

  /**
   * Sends bytes on channel 0 as credit allows; they are not copied. False when the operation ended
   * before.
   */
  final boolean sendData(byte[] bytes, int offset, int length) {
    int position = offset;
    int end = offset + length;
    while (position < end) {
      int size = takeCredit(Math.min(end - position, MAX_DATA));
      if (size == 0) {
        return false;
      }
      link().send(FrameType.DATA, id, new byte[] {0}, ByteBuffer.wrap(bytes, position, size));
      position += size;
    }
    return true;
  }

  final void sendEof() {
    if (!isDone()) {
      link().send(FrameType.EOF, id, new byte[] {0}, null);
    }
  }

  /**
   * Asks the guest to stop; once, and without waiting for room, because whoever cancels has waited
   * enough.
   */
  final void cancel() {
    if (!isDone() && cancelled.compareAndSet(false, true)) {
      link().sendNow(FrameType.CANCEL, id, new byte[0]);
    }
  }

  final void control(byte[] payload) {
    if (!isDone()) {
      link().send(FrameType.CONTROL, id, payload, null);
    }
  }

  /** Lets the guest send as many bytes again, in steps that keep the number of frames small. */
  final void consumed(int channel, int bytes) {
    int grant = 0;
    lock.lock();
    try {
      owedIn[channel] += bytes;
      if (owedIn[channel] >= WINDOW / 2 && !done) {
        grant = owedIn[channel];
        owedIn[channel] = 0;
        allowedIn[channel] += grant;
      }
    } finally {
      lock.unlock();
    }
    if (grant > 0) {
      link().sendNow(FrameType.CREDIT, id, new PayloadWriter().u8(channel).u32(grant).toBytes());
    }
  }

  final boolean isDone() {
    lock.lock();
    try {
      return done;
    } finally {
      lock.unlock();
    }
  }

  /** Waits for the outcome. False when it is not known in time. */
  final boolean awaitDone(@Nullable Duration limit) {
    long left = limit == null ? Long.MAX_VALUE : limit.toNanos();
    lock.lock();
    try {
      while (!done && left > 0) {
        if (limit == null) {
          changed.await();
        } else {
          left = changed.awaitNanos(left);
        }
      }
      return done;
    } catch (InterruptedException e) {
      throw new SandboxInterruptedException("waiting for the guest", e);
    } finally {
      lock.unlock();
    }
  }

  final @Nullable GuestError error() {
    lock.lock();
    try {
      return error;
    } finally {
      lock.unlock();
    }
  }

  final @Nullable SandboxException lost() {
    lock.lock();
    try {
      return lost;
    } finally {
      lock.unlock();
    }
  }

  /** Throws why an operation that is done did not succeed, if it did not. */
  final void throwIfFailed(String subject) {
    SandboxException loss = lost();
    if (loss != null) {
      throw loss;
    }
    GuestError cause = error();
    if (cause != null) {
      throw refusal(cause, subject);
    }
  }

  /**
   * Waits for the outcome, cancelling the operation when the wait is cut short.
   *
   * @param path what an error is about
   */
  final void await(Duration limit, String path) {
    try {
      if (!awaitDone(limit)) {
        cancel();
        throw SandboxTimeoutException.after(limit);
      }
    } catch (SandboxInterruptedException e) {
      cancel();
      throw e;
    }
    throwIfFailed(path);
  }

  private int takeCredit(int wanted) {
    lock.lock();
    try {
      while (allowedOut == 0 && !done) {
        changed.await();
      }
      if (done) {
        return 0;
      }
      int size = Math.min(wanted, allowedOut);
      allowedOut -= size;
      return size;
    } catch (InterruptedException e) {
      throw new SandboxInterruptedException("waiting for the guest to read", e);
    } finally {
      lock.unlock();
    }
  }

  /** Waits at most so long for a condition that {@link #wake()} announces. */
  final boolean awaitUntil(java.util.function.BooleanSupplier condition, Duration limit) {
    long left = limit.toNanos();
    lock.lock();
    try {
      while (!condition.getAsBoolean() && left > 0) {
        left = changed.awaitNanos(left);
      }
      return condition.getAsBoolean();
    } catch (InterruptedException e) {
      throw new SandboxInterruptedException("waiting for the guest", e);
    } finally {
      lock.unlock();
    }
  }

  final void wake() {
    lock.lock();
    try {
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Whether the outcome is known; for conditions of {@link #awaitUntil}, which hold the lock. */
  final boolean doneUnderLock() {
    return done;
  }

  private static int inbound(int channel) throws GuestProtocolException {
    if (channel != 1 && channel != 2) {
      throw new GuestProtocolException("channel " + channel);
    }
    return channel;
  }

  private GuestConnection link() {
    return java.util.Objects.requireNonNull(connection, "connection");
  }
}
