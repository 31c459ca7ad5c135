package dev.dunes.cli;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A connection of this machine carried by a WebSocket: bytes are bytes, an empty message is the end
 * of one direction.
 */
final class TcpSocket implements WebSocket.Listener {
  private static final int BUFFER = 32 << 10;

  private final Socket client;
  private final AtomicInteger ended = new AtomicInteger();

  /** Both directions have ended, or, with why, one broke off. */
  private final CompletableFuture<Boolean> carried = new CompletableFuture<>();

  private final CompletableFuture<Boolean> closed = new CompletableFuture<>();
  private boolean inMessage;

  private TcpSocket(Socket client) {
    this.client = client;
  }

  /**
   * Carries a connection until both sides have ended; false when the server refuses.
   *
   * @param path of the WebSocket at the server
   * @throws IOException when one of the two broke off; the connection is reset then
   */
  static boolean carry(ApiClient server, String path, Socket client)
      throws IOException, InterruptedException {
    TcpSocket tcp = new TcpSocket(client);
    Optional<WebSocket> socket = server.webSocket(path, tcp);
    if (socket.isPresent()) {
      tcp.run(socket.get());
    }
    return socket.isPresent();
  }

  private void run(WebSocket socket) throws IOException, InterruptedException {
    Thread outwards = Thread.ofVirtual().name("port-out").start(() -> outwards(socket));
    try {
      carried.get();
      // The server says goodbye, once the program was given everything.
      closed.get();
    } catch (ExecutionException e) {
      SocketPump.reset(client);
      throw e.getCause() instanceof IOException broken ? broken : new IOException(e);
    } finally {
      socket.abort();
      SocketPump.close(client);
      outwards.interrupt();
      outwards.join();
    }
  }

  private void outwards(WebSocket socket) {
    try {
      InputStream in = client.getInputStream();
      byte[] buffer = new byte[BUFFER];
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        if (count > 0) {
          await(socket.sendBinary(ByteBuffer.wrap(Arrays.copyOf(buffer, count)), true));
        }
      }
      await(socket.sendBinary(ByteBuffer.allocate(0), true));
      half();
    } catch (IOException e) {
      carried.completeExceptionally(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void await(CompletableFuture<WebSocket> sent)
      throws IOException, InterruptedException {
    try {
      sent.get();
    } catch (ExecutionException e) {
      throw new IOException("the server takes no more", e);
    }
  }

  private void half() {
    if (ended.incrementAndGet() == 2) {
      carried.complete(true);
    }
  }

  @Override
  public @Nullable CompletionStage<?> onBinary(WebSocket socket, ByteBuffer data, boolean last) {
    try {
      if (data.remaining() == 0 && last && !inMessage) {
        client.shutdownOutput();
        half();
      } else {
        byte[] bytes = new byte[data.remaining()];
        data.get(bytes);
        client.getOutputStream().write(bytes);
      }
      inMessage = !last;
      socket.request(1);
    } catch (IOException e) {
      carried.completeExceptionally(e);
    }
    return null;
  }

  @Override
  public @Nullable CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
    carried.completeExceptionally(new IOException("the server sends text"));
    return null;
  }

  @Override
  public @Nullable CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
    IOException early =
        new IOException(reason.isEmpty() ? "the server has ended the connection" : reason);
    carried.completeExceptionally(early);
    if (code == WebSocket.NORMAL_CLOSURE) {
      closed.complete(true);
    } else {
      closed.completeExceptionally(early);
    }
    return null;
  }

  @Override
  public void onError(WebSocket socket, Throwable error) {
    carried.completeExceptionally(error);
    closed.completeExceptionally(error);
  }
}
