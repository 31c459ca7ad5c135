package dev.dunes.provider.docker;

import java.io.Closeable;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A socket any user can connect to, whose connections go on to one that only this program's user
 * can: for sandboxes whose user is another. Lasts as long as this program.
 */
final class SocketForward implements Closeable {
  private static final int MOST_CONNECTIONS = 256;
  private static final int PIECE = 64 << 10;

  private final ServerSocketChannel listener;
  private final Path target;
  private final Set<SocketChannel> open = ConcurrentHashMap.newKeySet();

  private SocketForward(ServerSocketChannel listener, Path target) {
    this.listener = listener;
    this.target = target;
  }

  static SocketForward listen(Path socket, Path target) throws IOException {
    ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    boolean listening = false;
    try {
      listener.bind(UnixDomainSocketAddress.of(socket));
      Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString("rw-rw-rw-"));
      SocketForward forward = new SocketForward(listener, target);
      Thread.ofVirtual().name("docker-relay").start(forward::acceptAll);
      listening = true;
      return forward;
    } finally {
      if (!listening) {
        listener.close();
      }
    }
  }

  private void acceptAll() {
    while (listener.isOpen()) {
      try {
        SocketChannel client = listener.accept();
        if (open.size() >= MOST_CONNECTIONS) {
          client.close();
          continue;
        }
        open.add(client);
        Thread.ofVirtual().name("docker-relay-connection").start(() -> carry(client));
      } catch (IOException e) {
        close(); // closed, or out of descriptors: either way it is no longer served
      }
    }
  }

  private void carry(SocketChannel client) {
    try (client;
        SocketChannel server = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      open.add(server);
      server.connect(UnixDomainSocketAddress.of(target));
      Thread back = Thread.ofVirtual().start(() -> pass(server, client));
      pass(client, server);
      back.join();
      open.remove(server);
    } catch (IOException e) {
      // nobody listens there: the sandbox sees its connection end
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      open.remove(client);
    }
  }

  private static void pass(SocketChannel from, SocketChannel to) {
    ByteBuffer piece = ByteBuffer.allocate(PIECE);
    try {
      while (from.read(piece) >= 0) {
        piece.flip();
        while (piece.hasRemaining()) {
          to.write(piece);
        }
        piece.clear();
      }
      to.shutdownOutput();
    } catch (IOException e) {
      abandon(from);
      abandon(to); // and with it the other direction
    }
  }

  private static void abandon(SocketChannel channel) {
    try {
      channel.close();
    } catch (IOException e) {
      // it is closed in any case
    }
  }

  @Override
  public void close() {
    try {
      listener.close();
    } catch (IOException e) {
      // it is closed in any case
    }
    open.forEach(SocketForward::abandon);
  }
}
