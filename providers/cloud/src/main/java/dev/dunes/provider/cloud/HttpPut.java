package dev.dunes.provider.cloud;

import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxInterruptedException;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpRequest.BodyPublishers;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Contents of a file as the body of one request, sent while they are written. */
public final class HttpPut extends FilePut {
  private static final int MOST_WAITING = 1 << 20;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Deque<byte[]> pieces = new ArrayDeque<>();
  private final CompletableFuture<Boolean> sent = new CompletableFuture<>();
  private int waiting;
  private boolean ended;
  private boolean cancelled;
  private boolean closed;

  /**
   * @param call the request without its body
   * @param wrapping what is put around the contents, such as the parts of a form
   */
  public HttpPut(CloudHttp http, CloudCall call, Function<InputStream, InputStream> wrapping) {
    CloudCall whole =
        call.asOnce()
            .unlimited()
            .body(() -> BodyPublishers.ofInputStream(() -> wrapping.apply(new Source())));
    Thread.ofVirtual().name("cloud-upload").start(() -> send(http, whole));
  }

  private void send(CloudHttp http, CloudCall call) {
    try {
      http.status(call);
      sent.complete(true);
    } catch (RuntimeException | Error e) {
      sent.completeExceptionally(e);
    } finally {
      lock.lock();
      try {
        changed.signalAll();
      } finally {
        lock.unlock();
      }
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
      while (waiting >= MOST_WAITING && !sent.isDone()) {
        changed.await();
      }
      if (sent.isDone()) {
        outcome();
        throw new IOException("the upload has ended");
      }
      if (length > 0) {
        pieces.add(Arrays.copyOfRange(bytes, offset, offset + length));
        waiting += length;
        changed.signalAll();
      }
    } catch (InterruptedException e) {
      throw new IOException(new SandboxInterruptedException("uploading a file", e));
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() throws IOException {
    if (!closed) {
      closed = true;
      end(false);
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
        changed.signalAll();
        return current;
      } finally {
        lock.unlock();
      }
    }
  }
}
