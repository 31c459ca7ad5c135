package dev.dunes.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.dunes.gateway.egress.HostRules;
import dev.dunes.gateway.egress.MessageHead;
import dev.dunes.gateway.egress.MessageReader;
import dev.dunes.gateway.egress.Target;
import dev.dunes.gateway.egress.Wanted;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection of a sandbox to the proxy: one request, and then its tunnel or its answer. Runs on
 * a virtual thread; the other direction has a second one.
 */
final class ProxyConnection implements Lease.Running {
  private static final Logger LOG = LoggerFactory.getLogger(ProxyConnection.class);
  private static final ByteBuffer ESTABLISHED =
      ByteBuffer.wrap("HTTP/1.1 200 Connection established\r\n\r\n".getBytes(UTF_8))
          .asReadOnlyBuffer();
  private static final ByteBuffer CONTINUE =
      ByteBuffer.wrap("HTTP/1.1 100 Continue\r\n\r\n".getBytes(UTF_8)).asReadOnlyBuffer();
  private static final int MAX_INTERIM = 10;

  private final EgressProxy proxy;
  private final SocketChannel client;
  private final MessageReader fromClient;
  private final AtomicLong bytesOut = new AtomicLong();
  private final AtomicLong bytesIn = new AtomicLong();
  private final long start = System.nanoTime();
  private volatile long progress = start;
  private volatile boolean admitted;
  private volatile boolean closed;
  private volatile @Nullable Lease lease;
  private volatile @Nullable Target target;
  private volatile @Nullable SocketChannel server;

  ProxyConnection(EgressProxy proxy, SocketChannel client) {
    this.proxy = proxy;
    this.client = client;
    this.fromClient = new MessageReader(client, this::sentOut);
  }

  private void sentOut(long bytes) {
    bytesOut.addAndGet(bytes);
    progressed();
  }

  private void cameIn(long bytes) {
    bytesIn.addAndGet(bytes);
    progressed();
  }

  private void progressed() {
    progress = System.nanoTime();
    Lease owner = lease;
    if (owner != null) {
      owner.active();
    }
  }

  /** Serves it to its end. */
  void serve() {
    try {
      Optional<byte[]> head = fromClient.head(proxy.options().maxHeaderBytes());
      if (head.isPresent()) {
        serve(MessageHead.parse(head.get()));
      }
    } catch (MessageReader.TooLongException e) {
      answer(ProxyAnswer.tooLong(proxy.options().maxHeaderBytes()));
    } catch (IllegalArgumentException e) {
      answer(ProxyAnswer.badRequest(String.valueOf(e.getMessage())));
    } catch (IOException e) {
      LOG.debug("a connection to the proxy broke off: {}", e.toString());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // the gateway closes
    } finally {
      close();
    }
  }

  private void serve(MessageHead head) throws IOException, InterruptedException {
    Optional<Lease> found = head.one("proxy-authorization").flatMap(this::find);
    if (found.isEmpty()) {
      answer(ProxyAnswer.noToken());
      return;
    }
    Lease owner = found.get();
    lease = owner;
    Wanted wanted = Wanted.of(head);
    if (!owner.enterConnection(proxy.options().maxConnectionsPerRun())) {
      answer(ProxyAnswer.tooMany());
      return;
    }
    try {
      if (owner.begin(this)) {
        owner.active();
        serve(owner, wanted);
      }
    } finally {
      owner.end(this);
      owner.leaveConnection();
    }
  }

  private Optional<Lease> find(String header) {
    String scheme = "basic ";
    if (!header.regionMatches(true, 0, scheme, 0, scheme.length())) {
      return Optional.empty();
    }
    try {
      String plain =
          new String(Base64.getDecoder().decode(header.substring(scheme.length()).strip()), UTF_8);
      return plain.startsWith("run:")
          ? proxy.leases().find(plain.substring("run:".length()))
          : Optional.empty();
    } catch (IllegalArgumentException e) {
      return Optional.empty(); // no Base64
    }
  }

  private void serve(Lease owner, Wanted wanted) throws IOException, InterruptedException {
    Target target = wanted.target();
    if (owner.isWayToModels(target)) {
      toModels(wanted);
      return;
    }
    this.target = target;
    if (!owner.rules().allows(target)) {
      refuse(owner, target, "no egress rule names it", Optional.of(target.rule()));
      return;
    }
    List<InetAddress> addresses;
    try {
      addresses = proxy.lookup().addresses(target.host());
    } catch (UnknownHostException e) {
      answer(ProxyAnswer.unreachable("dns_error", target, "the name has no address"));
      return;
    } catch (IOException e) {
      answer(ProxyAnswer.unreachable("dns_timeout", target, String.valueOf(e.getMessage())));
      return;
    }
    List<InetAddress> reachable = new ArrayList<>();
    String reason = "the name has no address";
    for (InetAddress address : addresses) {
      Optional<String> refused = proxy.networks().refused(address);
      if (refused.isEmpty()) {
        reachable.add(address);
      } else {
        reason = "its address is " + refused.get();
      }
    }
    if (reachable.isEmpty()) {
      refuse(owner, target, reason, Optional.empty());
      return;
    }
    connect(owner, wanted, reachable);
  }

  /** Some agents take the proxy even for their own loopback (Gemini CLI, pi). */
  private void toModels(Wanted wanted) throws IOException {
    try (SocketChannel models = SocketChannel.open(UnixDomainSocketAddress.of(proxy.models()))) {
      open(models);
      admitted = true;
      pass(wanted, models);
    }
  }

  private void refuse(Lease owner, Target target, String reason, Optional<String> rule) {
    owner.tell(
        new GatewayEvent.HostRefused(
            owner.runId(), Instant.now(), target.host().name(), target.port(), reason, rule));
    answer(ProxyAnswer.refused(target, reason, rule));
  }

  /** To the very addresses that were checked: the name is not looked up again. */
  private void connect(Lease owner, Wanted wanted, List<InetAddress> addresses) throws IOException {
    Target target = wanted.target();
    String failure = "";
    for (InetAddress address : addresses) {
      try (SocketChannel channel = SocketChannel.open()) {
        open(channel);
        channel
            .socket()
            .connect(
                new InetSocketAddress(address, target.port()),
                (int) proxy.options().connectTimeout().toMillis());
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        admitted = true;
        progressed();
        pass(wanted, channel);
        tellConnected(owner, target);
        return;
      } catch (IOException e) {
        if (admitted) {
          tellConnected(owner, target);
          throw e;
        }
        failure = Failures.reason(e);
      }
    }
    answer(ProxyAnswer.unreachable("connection_refused", target, failure));
  }

  /** From now on {@link #close} closes it, too. */
  private void open(SocketChannel channel) throws IOException {
    server = channel;
    if (closed) {
      throw new IOException("the connection was ended");
    }
  }

  private void tellConnected(Lease owner, Target target) {
    owner.tell(
        new GatewayEvent.HostConnected(
            owner.runId(),
            Instant.now(),
            target.host().name(),
            target.port(),
            bytesOut.get(),
            bytesIn.get()));
  }

  private void pass(Wanted wanted, SocketChannel channel) throws IOException {
    MessageReader fromServer = new MessageReader(channel, this::cameIn);
    if (wanted.request().isEmpty()) {
      MessageReader.write(client, ESTABLISHED.duplicate());
      Thread other = both(() -> tunnel(fromClient, channel));
      tunnel(fromServer, client);
      join(other);
      return;
    }
    Wanted.Forwarded request = wanted.request().get();
    MessageReader.write(channel, ByteBuffer.wrap(request.head()));
    if (request.expectsContinue()) {
      MessageReader.write(client, CONTINUE.duplicate());
    }
    Thread other = both(() -> body(request, channel));
    answerOf(fromServer);
    close(); // whatever of the body is still coming comes too late
    join(other);
  }

  /** What does one direction. */
  private interface Direction {
    void pass() throws IOException;
  }

  private Thread both(Direction direction) {
    return Thread.ofVirtual()
        .name("gateway-proxy-out")
        .start(() -> {
          try {
            direction.pass();
          } catch (IOException e) {
            LOG.debug("a connection through the proxy broke off: {}", e.toString());
            close(); // the other direction ends too
          }
        });
  }

  private static void join(Thread thread) throws IOException {
    try {
      thread.join(); // ends with its channels, which have deadlines
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("the gateway closes", e);
    }
  }

  /** One direction of a tunnel; its end is passed on, and the other direction goes on. */
  private static void tunnel(MessageReader from, SocketChannel to) throws IOException {
    from.rest(to);
    to.shutdownOutput();
  }

  private void body(Wanted.Forwarded request, SocketChannel to) throws IOException {
    if (request.bodyLength() == -1) {
      fromClient.chunked(to);
    } else if (request.bodyLength() > 0) {
      fromClient.fixed(request.bodyLength(), to);
    }
  }

  /** The answer to a plain request: its head is read, and written anew for this connection. */
  private void answerOf(MessageReader fromServer) throws IOException {
    for (int interim = 0; interim < MAX_INTERIM; interim++) {
      byte[] bytes =
          fromServer
              .head(proxy.options().maxHeaderBytes())
              .orElseThrow(() -> new IOException("the server said nothing"));
      MessageHead head;
      try {
        head = MessageHead.parse(bytes);
        head.bodyLength();
      } catch (IllegalArgumentException e) {
        answer(
            new ProxyAnswer(
                "502 Bad Gateway",
                "http_protocol_error",
                "the server's answer is malformed: " + e.getMessage(),
                Optional.empty()));
        return;
      }
      if (!head.first().matches("HTTP/1\\.[01] 1\\d\\d( .*)?")) {
        List<MessageHead.Header> headers = new ArrayList<>(head.endToEnd());
        headers.add(new MessageHead.Header("Connection", "close"));
        MessageReader.write(
            client,
            ByteBuffer.wrap(
                MessageHead.bytes(head.first().replaceFirst("^HTTP/1\\.0", "HTTP/1.1"), headers)));
        fromServer.rest(client);
        client.shutdownOutput();
        return;
      }
    }
    throw new IOException("the server never came to its answer");
  }

  private void answer(ProxyAnswer answer) {
    try {
      MessageReader.write(client, answer.bytes());
      client.shutdownOutput();
    } catch (IOException e) {
      LOG.debug("a client of the proxy did not wait for its answer: {}", e.toString());
    }
  }

  /** Whether nothing has happened for too long; looked at from another thread. */
  boolean isStale(long now) {
    return admitted
        ? now - progress > proxy.options().proxyIdleTimeout().toNanos()
        : now - start
            > proxy.options().requestTimeout().plus(proxy.options().connectTimeout()).toNanos();
  }

  @Override
  public void abort() {
    close();
  }

  @Override
  public void keepTo(HostRules rules) {
    Target now = target;
    if (now != null && !rules.allows(now)) {
      close();
    }
  }

  void close() {
    closed = true;
    closeQuietly(client);
    SocketChannel other = server;
    if (other != null) {
      closeQuietly(other);
    }
  }

  private static void closeQuietly(SocketChannel channel) {
    try {
      channel.close();
    } catch (IOException e) {
      LOG.debug("closing a connection of the proxy: {}", e.toString());
    }
  }
}
