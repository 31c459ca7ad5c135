package dev.dunes.provider.docker;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

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
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

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

  private sealed interface Rule {
    String request();
  }

  private record Failing(String request, Fault fault) implements Rule {}

  private record Refusing(String request, String message) implements Rule {}

  /** A request that waits, and is hung up on in the end. */
  static final class Held implements Rule {
    private final String request;
    private final boolean done;
    private final CountDownLatch arrived = new CountDownLatch(1);
    private final CountDownLatch released = new CountDownLatch(1);

    private Held(String request, boolean done) {
      this.request = request;
      this.done = done;
    }

    @Override
    public String request() {
      return request;
    }

    /** Waits until it is there, and done if it was to be. */
    void await() throws InterruptedException {
      assertThat(arrived.await(60, TimeUnit.SECONDS)).as(request).isTrue();
    }

    /** Hangs up. */
    void cut() {
      released.countDown();
    }
  }

  private static final String SORRY = "something is broken in here";
  private static final int WITHIN = 20;

  private final ServerSocketChannel listener;
  private final Path real;
  private final Queue<Rule> rules = new ConcurrentLinkedQueue<>();
  private final Set<SocketChannel> open = ConcurrentHashMap.newKeySet();
  private final Queue<Held> held = new ConcurrentLinkedQueue<>();

  private FaultyDaemon(ServerSocketChannel listener, Path real) {
    this.listener = listener;
    this.real = real;
  }

  static FaultyDaemon listen(Path socket) throws IOException {
    return listen(socket, ((DaemonAddress.Unix) TestDaemon.engine().address()).socket());
  }

  /**
   * Listens before another daemon than the tests' own.
   *
   * @param real its socket
   */
  static FaultyDaemon listen(Path socket, Path real) throws IOException {
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
    rules.add(new Failing(request, fault));
  }

  /** The next such request is answered by 500 and these words. */
  void refuse(String request, String message) {
    rules.add(new Refusing(request, message));
  }

  /** The next such request waits, before it is done or afterwards, until it is cut. */
  Held hold(String request, boolean done) {
    Held rule = new Held(request, done);
    held.add(rule);
    rules.add(rule);
    return rule;
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
      switch (rule.get()) {
        case Failing failing -> fail(failing.fault(), head, client, daemon);
        case Refusing refusing -> refuse(refusing.message(), client);
        case Held waiting -> wait(waiting, head, client, daemon);
      }
    } catch (IOException | InterruptedException e) {
      // somebody hung up
    } finally {
      open.remove(client);
    }
  }

  private static void wait(Held held, byte[] head, SocketChannel client, SocketChannel daemon)
      throws IOException, InterruptedException {
    if (held.done) {
      daemon.write(ByteBuffer.wrap(head));
      Thread up = Thread.ofVirtual().start(() -> pass(client, daemon));
      Channels.newInputStream(daemon).readAllBytes();
      held.arrived.countDown();
      held.released.await();
      end(client);
      up.join();
    } else {
      held.arrived.countDown();
      held.released.await();
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
      refuse(SORRY, client);
      end(client);
      up.join();
    } else if (fault == Fault.REFUSED) {
      refuse(SORRY, client);
    }
  }

  private static void refuse(String message, SocketChannel client) throws IOException {
    String body = "{\"message\":\"%s\"}".formatted(message);
    String answer =
        "HTTP/1.1 500 Internal Server Error\r\nContent-Length: %d\r\n\r\n%s"
            .formatted(body.length(), body);
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
    held.forEach(Held::cut);
    hangUp();
  }
}
