package dev.dunes.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.dunes.gateway.egress.MessageHead;
import dev.dunes.gateway.egress.MessageReader;
import dev.dunes.gateway.egress.Socks5;
import dev.dunes.gateway.egress.Target;
import dev.dunes.gateway.egress.Wanted;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
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
  private volatile Lease.@Nullable Way taken;
  private volatile boolean opened;
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
      say(ProxyAnswer.tooLong(proxy.options().maxHeaderBytes()));
    } catch (IllegalArgumentException e) {
      say(ProxyAnswer.badRequest(String.valueOf(e.getMessage())));
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
      say(ProxyAnswer.noToken());
      return;
    }
    Lease owner = found.get();
    lease = owner;
    Wanted wanted = Wanted.of(head);
    if (!owner.enterConnection(proxy.options().maxConnectionsPerRun())) {
      say(ProxyAnswer.tooMany());
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
    Lease.Way way = take(owner);
    if (!way.rules().allows(target)) {
      refuse(owner, target, "no egress rule names it", Optional.of(target.rule()));
      return;
    }
    if (wanted.request().isPresent() && way.headers(target).isPresent()) {
      say(ProxyAnswer.needsTls(target));
      return;
    }
    if (way.via().isPresent() && target.host().literal().isPresent()) {
      Optional<String> refused = proxy.networks().refused(target.host().literal().get());
      if (refused.isPresent()) {
        refuse(owner, target, "its address is " + refused.get(), Optional.empty());
        return;
      }
    }
    Target next = way.via().map(SocksProxy::target).orElse(target);
    List<InetAddress> addresses;
    try {
      addresses = proxy.lookup().addresses(next.host());
    } catch (UnknownHostException e) {
      say(ProxyAnswer.unreachable("dns_error", next, "the name has no address"));
      return;
    } catch (IOException e) {
      say(ProxyAnswer.unreachable("dns_timeout", next, String.valueOf(e.getMessage())));
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
      refuse(owner, next, reason, Optional.empty());
      return;
    }
    connect(owner, wanted, next.port(), reachable);
  }

  // INVARIANT: what is taken is the newest when it is written down, so that a change finds it.
  private Lease.Way take(Lease owner) {
    Lease.Way way = owner.way();
    taken = way;
    while (way != owner.way()) {
      way = owner.way();
      taken = way;
    }
    return way;
  }

  /** Some agents take the proxy even for their own loopback (Gemini CLI, pi). */
  private void toModels(Wanted wanted) throws IOException {
    try (SocketChannel models = SocketChannel.open(UnixDomainSocketAddress.of(proxy.models()))) {
      open(models);
      admitted = true;
      pass(Optional.empty(), wanted, models);
    }
  }

  private void refuse(Lease owner, Target target, String reason, Optional<String> rule) {
    owner.tell(
        new GatewayEvent.HostRefused(
            owner.runId(), Instant.now(), target.host().name(), target.port(), reason, rule));
    say(ProxyAnswer.refused(target, reason, rule));
  }

  /** To the very addresses that were checked: the name is not looked up again. */
  private void connect(Lease owner, Wanted wanted, int port, List<InetAddress> addresses)
      throws IOException {
    Target target = wanted.target();
    String failure = "";
    for (InetAddress address : addresses) {
      try (SocketChannel channel = SocketChannel.open()) {
        open(channel);
        channel
            .socket()
            .connect(
                new InetSocketAddress(address, port),
                (int) proxy.options().connectTimeout().toMillis());
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        throughProxy(channel, target);
        admitted = true;
        progressed();
        pass(Optional.of(owner), wanted, channel);
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
    say(ProxyAnswer.unreachable("connection_refused", target, failure));
  }

  private void throughProxy(SocketChannel channel, Target target) throws IOException {
    Lease.Way way = taken;
    if (way != null && way.via().isPresent()) {
      Optional<Socks5.Login> login =
          way.via().get().login().map(each -> new Socks5.Login(each.user(), each.password()));
      Socks5.connect(channel, target, login);
    }
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

  /**
   * @param owner when it leads to a host, which may have headers set
   */
  private void pass(Optional<Lease> owner, Wanted wanted, SocketChannel channel)
      throws IOException {
    Passage passage =
        new Passage(
            client,
            fromClient,
            channel,
            new MessageReader(channel, this::cameIn),
            proxy.options().maxHeaderBytes(),
            this::close);
    Lease.Way way = taken;
    if (wanted.request().isPresent()) {
      passage.forward(wanted.request().get());
    } else if (owner.isPresent() && way != null && way.headers(wanted.target()).isPresent()) {
      opened = true;
      passage.opened(owner.get(), wanted, keys(wanted.target()));
    } else {
      passage.tunnel();
    }
  }

  private OpenedTls.Keys keys(Target target) throws IOException {
    GatewayOptions options = proxy.options();
    GatewayOptions.HostIdentities identities =
        options
            .hostIdentities()
            .orElseThrow(() -> new IllegalStateException("a lease was given what cannot be kept"));
    return new OpenedTls.Keys(identities.of(target.host().name()), options.hostTrust());
  }

  private void say(ProxyAnswer answer) {
    answer.to(client);
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
  public void keepTo(Lease.Way way) {
    Target now = target;
    Lease.Way before = taken;
    boolean otherWay = before != null && !before.via().equals(way.via());
    if (now != null
        && (otherWay || !way.rules().allows(now) || (!opened && way.headers(now).isPresent()))) {
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
