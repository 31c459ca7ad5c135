package dev.dunes.provider.cloud;

import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxInterruptedException;
import dev.dunes.sandbox.SandboxTimeoutException;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpRequest.BodyPublishers;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Contents of a file as the body of one request, sent while they are written. The writer may take
 * its time; a vendor that takes nothing, or does not answer once all is there, for two minutes is
 * given up: an {@link IOException} that a {@link SandboxTimeoutException} caused.
 */
public final class HttpPut extends FilePut {
  private static final int MOST_WAITING = 1 << 20;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Deque<byte[]> pieces = new ArrayDeque<>();
  private final CompletableFuture<Boolean> sent = new CompletableFuture<>();
  private final Duration limit;
  private final Supplier<SandboxTimeoutException> still;
  private final Thread sender;
  private int waiting;
  private long taken;
  private boolean ended;
  private boolean cancelled;
  private boolean closed;

  /**
   * @param call the request without its body
   * @param wrapping what is put around the contents, such as the parts of a form
   */
  public HttpPut(CloudHttp http, CloudCall call, Function<InputStream, InputStream> wrapping) {
    this(http, call, wrapping, CloudHttp.STILL_LIMIT);
  }

  HttpPut(
      CloudHttp http, CloudCall call, Function<InputStream, InputStream> wrapping, Duration limit) {
    this.limit = limit;
    this.still = () -> http.still(call, "took no more of a file", limit);
    CloudCall whole =
        call.asOnce()
            .unlimited()
            .body(() -> BodyPublishers.ofInputStream(() -> wrapping.apply(new Source())));
    this.sender = Thread.ofVirtual().name("cloud-upload").start(() -> send(http, whole));
  }

  private void send(CloudHttp http, CloudCall call) {
    try {
      http.status(call);
      sent.complete(true);
    } catch (RuntimeException | Error e) {
      sent.completeExceptionally(brokenOff() ? new IOException("the upload was broken off") : e);
    } finally {
      lock.lock();
      try {
        changed.signalAll();
      } finally {
        lock.unlock();
      }
    }
  }

  private boolean brokenOff() {
    lock.lock();
    try {
      return cancelled;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void write(int value) throws IOException {
    write(new byte[] {(byte) value}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, bytes.length);
    lock.lock();
    try {
      awaitVendor(() -> waiting < MOST_WAITING);
      if (sent.isDone()) {
        outcome();
        throw new IOException("the upload has ended");
      }
      if (length > 0) {
        pieces.add(Arrays.copyOfRange(bytes, offset, offset + length));
        waiting += length;
        changed.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Waits for the vendor to do its part; gives it up when it does nothing. Under the lock. */
  private void awaitVendor(BooleanSupplier done) throws IOException {
    long before = taken;
    long left = limit.toNanos();
    try {
      while (!done.getAsBoolean() && !sent.isDone()) {
        left = changed.awaitNanos(left);
        if (before != taken) {
          before = taken;
          left = limit.toNanos();
        } else if (left <= 0 && !done.getAsBoolean() && !sent.isDone()) {
          sent.completeExceptionally(still.get());
          end(true);
        }
      }
    } catch (InterruptedException e) {
      end(true);
      throw new IOException(new SandboxInterruptedException("uploading a file", e));
    }
  }

  @Override
  public void close() throws IOException {
    if (!closed) {
      closed = true;
      lock.lock();
      try {
        end(false);
        awaitVendor(() -> false);
      } finally {
        lock.unlock();
      }
      outcome();
    }
  }

  @Override
  public void cancel() {
    closed = true;
    end(true);
  }

  private void end(boolean cut) {
    lock.lock();
    try {
      ended = true;
      cancelled |= cut;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    if (cut) {
      sender.interrupt(); // a vendor that takes nothing does not ask for what is broken off
    }
  }

  private void outcome() throws IOException {
    try {
      sent.get();
    } catch (InterruptedException e) {
      throw new IOException(new SandboxInterruptedException("uploading a file", e));
    } catch (ExecutionException e) {
      Throwable cause = Objects.requireNonNull(e.getCause());
      throw cause instanceof SandboxException
          ? new IOException(cause.getMessage(), cause)
          : new IOException("the upload failed", cause);
    }
  }

  private final class Source extends InputStream {
    private byte @Nullable [] current;
    private int position;

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      if (length == 0) {
        return 0;
      }
      byte[] piece = current();
      if (piece == null) {
        return -1;
      }
      int count = Math.min(length, piece.length - position);
      System.arraycopy(piece, position, target, offset, count);
      position += count;
      return count;
    }

    private byte @Nullable [] current() throws IOException {
      if (current != null && position < current.length) {
        return current;
      }
      lock.lock();
      try {
        while (pieces.isEmpty() && !ended) {
          changed.awaitUninterruptibly();
        }
        if (cancelled) {
          throw new IOException("the upload was broken off");
        }
        current = pieces.poll();
        position = 0;
        waiting -= current == null ? 0 : current.length;
        taken++;
        changed.signalAll();
        return current;
      } finally {
        lock.unlock();
      }
    }
  }
}
