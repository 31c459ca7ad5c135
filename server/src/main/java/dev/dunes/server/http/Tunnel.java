package dev.dunes.server.http;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.NetSocket;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * A connection that has changed to another protocol: bytes in both directions. One thread may read
 * and another write.
 */
public final class Tunnel implements AutoCloseable {
  private static final Buffer END = Buffer.buffer();

  private final Exchange exchange;
  private final NetSocket socket;
  private final BlockingQueue<Buffer> arrived = new LinkedBlockingQueue<>();

  /** Called on the event loop. */
  Tunnel(Exchange exchange, NetSocket socket) {
    this.exchange = exchange;
    this.socket = socket;
    socket.pause();
    socket.handler(arrived::add);
    socket.endHandler(end -> arrived.add(END));
    socket.closeHandler(closed -> arrived.add(END));
  }

  /** What the client sends, to the end of the connection; one piece at a time is asked for. */
  public InputStream input() {
    return new Pieces();
  }

  /** Sends bytes; waits until they have left this process. */
  public void write(byte[] bytes) throws InterruptedException {
    exchange.await(socket.write(Buffer.buffer(bytes)), Exchange.STALL);
  }

  /** Ends the connection. */
  @Override
  public void close() {
    socket.close();
  }

  private final class Pieces extends InputStream {
    private byte[] piece = new byte[0];
    private int position;
    private boolean ended;

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      while (position == piece.length) {
        if (ended) {
          return -1;
        }
        next();
      }
      int count = Math.min(length, piece.length - position);
      System.arraycopy(piece, position, target, offset, count);
      position += count;
      return count;
    }

    private void next() throws IOException {
      exchange.context().runOnContext(v -> socket.fetch(1));
      try {
        Buffer buffer = arrived.take();
        ended = buffer == END;
        piece = buffer.getBytes();
        position = 0;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new InterruptedIOException("the connection is over");
      }
    }
  }
}
