package dev.dunes.server.http;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** The body of a request, read once: whole, or as it comes. */
final class RequestBody {
  private final Exchange exchange;
  private final HttpServerRequest request;
  private volatile boolean read;
  private volatile boolean streamed;

  RequestBody(Exchange exchange) {
    this.exchange = exchange;
    this.request = exchange.request();
  }

  /** Whether nothing of it is left to be sent. */
  boolean read() {
    return read;
  }

  byte[] whole(long most) throws InterruptedException {
    refuseLong(most);
    CompletableFuture<Buffer> whole = new CompletableFuture<>();
    exchange
        .context()
        .runOnContext(v -> {
          Buffer all = Buffer.buffer();
          request.handler(chunk -> {
            if (all.length() + (long) chunk.length() > most) {
              request.pause();
              whole.completeExceptionally(tooLarge());
            } else {
              all.appendBuffer(chunk);
            }
          });
          request.endHandler(end -> whole.complete(all));
          welcome();
          request.resume();
        });
    Buffer body = exchange.await(whole, Exchange.STALL);
    read = true;
    return body.getBytes();
  }

  /** Whether somebody reads it as it comes: nobody else may ask for more of it then. */
  boolean streamed() {
    return streamed;
  }

  InputStream stream(long most) {
    refuseLong(most);
    streamed = true;
    return new Chunks(most);
  }

  private void refuseLong(long most) {
    Optional<String> length = exchange.header("content-length");
    if (length.isPresent() && tooLong(length.get(), most)) {
      throw tooLarge();
    }
  }

  private static boolean tooLong(String length, long most) {
    try {
      return Long.parseLong(length.strip()) > most;
    } catch (NumberFormatException e) {
      return false;
    }
  }

  private HttpFailure tooLarge() {
    return new HttpFailure(exchange.dialect().tooLarge());
  }

  private void welcome() {
    if (exchange.header("expect").filter("100-continue"::equalsIgnoreCase).isPresent()) {
      request.response().writeContinue();
    }
  }

  /**
   * A few chunks are asked for ahead, so that the network does not wait for the reader nor the
   * reader for the network. What nobody reads stays with the client.
   */
  private final class Chunks extends InputStream {
    private static final Buffer END = Buffer.buffer();

    /** Chunks; of 64 KiB at most. */
    private static final int AHEAD = 8;

    private final BlockingQueue<Buffer> arrived = new LinkedBlockingQueue<>();
    private final long most;
    private long total;
    private byte[] chunk = new byte[0];
    private int position;
    private boolean ended;

    /** Chunks that were asked for and not taken. */
    private int asked;

    Chunks(long most) {
      this.most = most;
      exchange
          .context()
          .runOnContext(v -> {
            request.handler(arrived::add);
            request.endHandler(end -> arrived.add(END));
            welcome();
          });
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      Objects.checkFromIndexSize(offset, length, target.length);
      if (length == 0) {
        return 0;
      }
      while (position == chunk.length) {
        if (ended) {
          return -1;
        }
        next();
      }
      int count = Math.min(length, chunk.length - position);
      System.arraycopy(chunk, position, target, offset, count);
      position += count;
      return count;
    }

    private void next() throws IOException {
      if (asked <= AHEAD / 2) {
        int more = AHEAD - asked;
        exchange.context().runOnContext(v -> request.fetch(more));
        asked = AHEAD;
      }
      Buffer buffer;
      try {
        buffer = arrived.poll(Exchange.STALL.toSeconds(), TimeUnit.SECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new InterruptedIOException("the client has left");
      }
      if (buffer == null) {
        request.connection().close();
        throw new IOException("the client sent nothing for " + Exchange.STALL.toSeconds() + " s");
      }
      if (buffer == END) {
        ended = true;
        read = true;
        return;
      }
      asked--;
      total += buffer.length();
      if (total > most) {
        throw new BodyTooLargeException(most);
      }
      chunk = buffer.getBytes();
      position = 0;
    }
  }
}
