package dev.dunes.server.http;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.http.WebSocketFrame;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * A WebSocket that carries bytes of which each side may end its own: frames of bytes are the bytes,
 * wherever their borders are, and an empty message says that no more come from this side. One
 * thread may receive and another send.
 */
public final class ByteSocket implements AutoCloseable {
  /** All is said. RFC 6455, 7.4.1. */
  private static final short DONE = 1000;

  /** Text was sent, which is not carried. RFC 6455, 7.4.1. */
  private static final short WRONG_KIND = 1003;

  /** What was connected broke off. RFC 6455, 7.4.1. */
  private static final short BROKEN = 1011;

  private static final Piece OVER = new Piece(new byte[0]);

  private final Exchange exchange;
  private final ServerWebSocket socket;

  /** Holds one piece and the end at most: a piece is asked for when the one before was taken. */
  private final BlockingQueue<Piece> arrived = new LinkedBlockingQueue<>();

  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Piece(byte[] bytes) {}

  /** Called on the event loop. */
  ByteSocket(Exchange exchange, ServerWebSocket socket) {
    this.exchange = exchange;
    this.socket = socket;
    socket.pause();
    socket.frameHandler(this::arrived);
    socket.exceptionHandler(e -> arrived.add(OVER));
    socket.closeHandler(closed -> arrived.add(OVER));
    socket.fetch(1);
  }

  private void arrived(WebSocketFrame frame) {
    if (frame.isText()) {
      socket.close(WRONG_KIND, "only bytes are carried here");
      return;
    }
    boolean end = frame.isBinary() && frame.isFinal() && frame.binaryData().length() == 0;
    boolean bytes = frame.isBinary() || frame.isContinuation();
    if (end || bytes && frame.binaryData().length() > 0) {
      arrived.add(new Piece(frame.binaryData().getBytes()));
    } else {
      socket.fetch(1);
    }
  }

  /**
   * The next bytes, none when the client has said that no more come; empty when the connection is
   * over.
   */
  public Optional<byte[]> receive() throws InterruptedException {
    Piece piece = arrived.take();
    if (piece == OVER) {
      arrived.add(OVER);
      return Optional.empty();
    }
    exchange.context().runOnContext(v -> socket.fetch(1));
    return Optional.of(piece.bytes());
  }

  /** Sends bytes; waits until they have left this process. None says that no more come. */
  public void send(byte[] bytes) throws InterruptedException {
    exchange.await(socket.writeBinaryMessage(Buffer.buffer(bytes)), Exchange.STALL);
  }

  /** Ends the connection, and says that not everything was carried. */
  public void breakOff(String why) {
    if (!socket.isClosed()) {
      socket.close(BROKEN, why);
    }
  }

  @Override
  public void close() {
    if (!socket.isClosed()) {
      socket.close(DONE);
    }
  }
}
