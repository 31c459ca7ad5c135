package dev.dunes.guest;

import dev.dunes.sandbox.ErrorDetails;
import dev.dunes.sandbox.PortAccess;
import dev.dunes.sandbox.ProviderException;
import dev.dunes.sandbox.SandboxException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/** Listens on this machine's loopback and carries each connection to a port inside a sandbox. */
final class PortForward implements PortAccess.ExposedPort {
  private static final int BACKLOG = 128;
  private static final int BUFFER = 64 << 10;
  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(5);

  private final Supplier<GuestConnection> guest;
  private final int port;
  private final ServerSocket listener;
  private final Thread acceptor;
  private final Map<Socket, Thread> open = new ConcurrentHashMap<>();

  private PortForward(Supplier<GuestConnection> guest, int port, ServerSocket listener) {
    this.guest = guest;
    this.port = port;
    this.listener = listener;
    this.acceptor = Thread.ofVirtual().name("port-" + port).unstarted(this::acceptAll);
  }

  static PortForward open(Supplier<GuestConnection> guest, int port) {
    try {
      ServerSocket listener =
          new ServerSocket(0, BACKLOG, InetAddress.getByAddress(new byte[] {127, 0, 0, 1}));
      PortForward forward = new PortForward(guest, port, listener);
      forward.acceptor.start();
      return forward;
    } catch (IOException e) {
      throw new ProviderException(
          "cannot listen on loopback: " + e.getMessage(), ErrorDetails.cause(e));
    }
  }

  @Override
  public int port() {
    return port;
  }

  @Override
  public InetSocketAddress address() {
    return (InetSocketAddress) listener.getLocalSocketAddress();
  }

  @Override
  public URI uri() {
    return URI.create("http://127.0.0.1:" + listener.getLocalPort());
  }

  @Override
  public void close() {
    closeQuietly(listener);
    // the kernel goes on listening until the call that waits for a connection has returned
    try {
      Uninterrupted.run(() -> acceptor.join(CLOSE_LIMIT));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    open.forEach(PortForward::end);
  }

  /**
   * Where the program has ended its direction, what the caller has sent may still be on its way: it
   * gets there, unless that takes long.
   */
  private static void end(Socket socket, Thread carrier) {
    if (!socket.isOutputShutdown()) {
      closeQuietly(socket);
      return;
    }
    Thread.ofVirtual()
        .name("port-rest")
        .start(() -> {
          try {
            carrier.join(CLOSE_LIMIT);
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          } finally {
            closeQuietly(socket);
          }
        });
  }

  private void acceptAll() {
    while (!listener.isClosed()) {
      try {
        Socket socket = listener.accept();
        Thread carrier =
            Thread.ofVirtual().name("port-" + port + "-connection").unstarted(() -> carry(socket));
        open.put(socket, carrier);
        carrier.start();
      } catch (IOException e) {
        closeQuietly(
            listener); // closed, or out of descriptors: either way this port is no longer served
      }
    }
  }

  private void carry(Socket socket) {
    GuestDial dial = new GuestDial();
    boolean whole = false;
    try {
      guest.get().start(Operation.DIAL, new PayloadWriter().u16(port), dial);
      if (dial.awaitConnected()) {
        Thread outwards = Thread.ofVirtual().start(() -> outwards(dial, socket));
        inwards(socket, dial);
        outwards.join();
        whole = dial.endedWell();
      }
    } catch (IOException | SandboxException e) {
      whole = false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      if (!whole) {
        // the caller must see a reset, as from a closed port or a server that died, not an orderly
        // end
        reset(socket);
      }
      closeQuietly(socket);
      dial.cancel();
      open.remove(socket);
    }
  }

  private static void inwards(Socket socket, GuestDial dial) throws IOException {
    InputStream in = socket.getInputStream();
    while (true) {
      byte[] buffer = new byte[BUFFER];
      int count = in.read(buffer);
      if (count < 0) {
        dial.sendEof();
        return;
      }
      if (!dial.sendData(buffer, 0, count)) {
        return;
      }
    }
  }

  private static void outwards(GuestDial dial, Socket socket) {
    try {
      OutputStream out = socket.getOutputStream();
      dial.received().transferTo(out);
      socket.shutdownOutput();
    } catch (IOException e) {
      dial.cancel();
      reset(socket); // wakes the other direction, too
      closeQuietly(socket);
    }
  }

  private static void reset(Socket socket) {
    try {
      socket.setSoLinger(true, 0);
    } catch (IOException e) {
      closeQuietly(socket);
    }
  }

  private static void closeQuietly(java.io.Closeable closeable) {
    try {
      closeable.close();
    } catch (IOException e) {
      // a socket that cannot be closed is closed already
    }
  }
}
