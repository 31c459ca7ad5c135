package dev.dunes.server.http;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.ServerWebSocket;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/** A WebSocket. One thread may receive and another send. */
public final class WebSocket implements AutoCloseable {
  private static final String END = "";

  private final Exchange exchange;
  private final ServerWebSocket socket;
  private final BlockingQueue<String> arrived = new LinkedBlockingQueue<>();
  private volatile boolean ended;

  /** Called on the event loop. */
  WebSocket(Exchange exchange, ServerWebSocket socket) {
    this.exchange = exchange;
    this.socket = socket;
    socket.pause();
    socket.textMessageHandler(arrived::add);
    // Nobody asks for bytes; the next message is asked for all the same.
    socket.binaryMessageHandler(bytes -> arrived.add(END));
    socket.exceptionHandler(e -> over());
    socket.closeHandler(closed -> over());
    socket.fetch(1);
  }

  private void over() {
    ended = true;
    arrived.add(END);
  }

  /** The next message of text, which is never empty; empty once the client has left. */
  public Optional<String> receive() throws InterruptedException {
    while (true) {
      String message = arrived.take();
      if (ended && message.isEmpty()) {
        arrived.add(END);
        return Optional.empty();
      }
      exchange.context().runOnContext(v -> socket.fetch(1));
      if (!message.isEmpty()) {
        return Optional.of(message);
      }
    }
  }

  /**
   * Sends text; waits until it has left this process.
   *
   * @param stall how long the client may take nothing
   */
  public void send(String text, Duration stall) throws InterruptedException {
    exchange.await(socket.writeTextMessage(text), stall);
  }

  /** Sends bytes; otherwise as {@link #send(String, Duration)}. */
  public void send(byte[] bytes, Duration stall) throws InterruptedException {
    exchange.await(socket.writeBinaryMessage(Buffer.buffer(bytes)), stall);
  }

  /** Says goodbye. */
  @Override
  public void close() {
    if (!ended) {
      socket.close();
    }
  }
}
