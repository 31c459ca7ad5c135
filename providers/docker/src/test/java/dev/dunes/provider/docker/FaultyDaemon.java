package dev.dunes.provider.docker;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;

/** A socket before the real daemon's, which fails at requests it was told to fail at. */
final class FaultyDaemon implements Closeable {
  /** What becomes of a request. */
  enum Fault {
    /** 500, and it is not done. */
    REFUSED,
    /** 500, although it is done. */
    REFUSED_AFTERWARDS,
    /** Hung up, and it is not done. */
    CUT,
    /** Hung up instead of an answer, although it is done. */
    CUT_AFTERWARDS,
    /** Hung up in the middle of the answer. */
    CUT_WITHIN
  }

  private record Rule(String request, Fault fault) {}

  private static final String SORRY = "{\"message\":\"something is broken in here\"}";
  private static final int WITHIN = 20;

  private final ServerSocketChannel listener;
  private final Path real;
  private final Queue<Rule> rules = new ConcurrentLinkedQueue<>();
  private final Set<SocketChannel> open = ConcurrentHashMap.newKeySet();

  private FaultyDaemon(ServerSocketChannel listener, Path real) {
    this.listener = listener;
    this.real = real;
  }

  static FaultyDaemon listen(Path socket) throws IOException {
    Path real = ((DaemonAddress.Unix) TestDaemon.engine().address()).socket();
    ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    listener.bind(UnixDomainSocketAddress.of(socket));
    FaultyDaemon daemon = new FaultyDaemon(listener, real);
    Thread.ofVirtual().start(daemon::accept);
    return daemon;
  }

  /**
   * The next such request fails.
   *
   * @param request what {@code METHOD PATH} matches
   */
  void next(String request, Fault fault) {
    rules.add(new Rule(request, fault));
  }

  /** What was to fail and did not come. */
  List<?> left() {
    return List.copyOf(rules);
  }

  /** Hangs up on everybody, as a daemon that is killed does. */
  void hangUp() {
    open.forEach(FaultyDaemon::end);
  }

  private void accept() {
    while (listener.isOpen()) {
      try {
        SocketChannel client = listener.accept();
        Thread.ofVirtual().start(() -> serve(client));
      } catch (IOException e) {
        return; // the test is over
      }
    }
  }

  private void serve(SocketChannel client) {
    open.add(client);
    try (client;
        SocketChannel daemon = SocketChannel.open(UnixDomainSocketAddress.of(real))) {
      open.add(daemon);
      byte[] head = head(client);
      String[] words = new String(head, ISO_8859_1).split(" ", 3);
      Optional<Rule> rule =
          words.length < 3
              ? Optional.empty()
              : rules.stream()
                  .filter(each -> (words[0] + " " + words[1]).matches(each.request()))
                  .findFirst()
                  .filter(rules::remove);
      if (rule.isEmpty()) {
        daemon.write(ByteBuffer.wrap(head));
        Thread up = Thread.ofVirtual().start(() -> pass(client, daemon));
        pass(daemon, client);
        up.join();
        return;
      }
      fail(rule.get().fault(), head, client, daemon);
    } catch (IOException | InterruptedException e) {
      // somebody hung up
    } finally {
      open.remove(client);
    }
  }

  private static void fail(Fault fault, byte[] head, SocketChannel client, SocketChannel daemon)
      throws IOException, InterruptedException {
    byte[] answer = {};
    if (fault != Fault.REFUSED && fault != Fault.CUT) {
      daemon.write(ByteBuffer.wrap(head));
      Thread up = Thread.ofVirtual().start(() -> pass(client, daemon));
      answer = Channels.newInputStream(daemon).readAllBytes();
      end(daemon);
      if (fault == Fault.CUT_WITHIN) {
        client.write(ByteBuffer.wrap(answer, 0, Math.min(WITHIN, answer.length)));
      }
      if (fault != Fault.REFUSED_AFTERWARDS) {
        return;
      }
      sorry(client);
      end(client);
      up.join();
    } else if (fault == Fault.REFUSED) {
      sorry(client);
    }
  }

  private static void sorry(SocketChannel client) throws IOException {
    String answer =
        "HTTP/1.1 500 Internal Server Error\r\nContent-Length: %d\r\n\r\n%s"
            .formatted(SORRY.length(), SORRY);
    client.write(ByteBuffer.wrap(answer.getBytes(ISO_8859_1)));
  }

  /** What is there until the end of the head, and what came with it. */
  private static byte[] head(SocketChannel client) throws IOException {
    ByteArrayOutputStream head = new ByteArrayOutputStream();
    ByteBuffer piece = ByteBuffer.allocate(8192);
    while (!head.toString(ISO_8859_1).contains("\r\n\r\n") && client.read(piece.clear()) >= 0) {
      head.write(piece.array(), 0, piece.position());
    }
    return head.toByteArray();
  }

  private static void pass(SocketChannel from, SocketChannel to) {
    ByteBuffer piece = ByteBuffer.allocate(64 << 10);
    try {
      while (from.read(piece.clear()) >= 0) {
        piece.flip();
        while (piece.hasRemaining()) {
          to.write(piece);
        }
      }
      to.shutdownOutput();
    } catch (IOException e) {
      end(to);
    }
  }

  private static void end(SocketChannel channel) {
    try {
      channel.close();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Override
  public void close() throws IOException {
    listener.close();
    hangUp();
  }
}
