package dev.dunes.gateway;

import dev.dunes.gateway.egress.Lookup;
import dev.dunes.gateway.egress.Networks;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The proxy to hosts. On plain sockets and virtual threads: a tunnel whose one direction has ended
 * goes on in the other, which the library behind the models' listener does not offer.
 */
final class EgressProxy implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(EgressProxy.class);
  private static final int BACKLOG = 4096;
  private static final Duration LOOK = Duration.ofMillis(250);
  private static final Duration PAUSE = Duration.ofMillis(50);

  private final GatewayOptions options;
  private final Leases leases;
  private final Networks networks;
  private final Lookup lookup;
  private final Path models;
  private final List<ServerSocketChannel> listeners = new ArrayList<>();
  private final List<Thread> threads = new ArrayList<>();
  private final Set<ProxyConnection> connections = ConcurrentHashMap.newKeySet();
  private Optional<Path> lasting = Optional.empty();
  private Optional<InetSocketAddress> address = Optional.empty();
  private volatile boolean closed;

  private EgressProxy(GatewayOptions options, Leases leases, Path models) {
    this.models = models;
    this.options = options;
    this.leases = leases;
    this.networks = new Networks(options.reachablePrivateNetworks());
    this.lookup = new Lookup(options.resolver()::resolve, options.connectTimeout());
  }

  /**
   * Starts listening.
   *
   * @throws IOException when it cannot; nothing is left then
   */
  static EgressProxy open(GatewayOptions options, Leases leases, SocketDirectory sockets)
      throws IOException {
    EgressProxy proxy = new EgressProxy(options, leases, sockets.models());
    try {
      ServerSocketChannel unix = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
      proxy.listeners.add(unix);
      unix.bind(UnixDomainSocketAddress.of(sockets.proxy()), BACKLOG);
      if (options.lastingProxySocket().isPresent()) {
        proxy.lasting(options.lastingProxySocket().get());
      }
      OptionalInt port = options.loopbackProxyPort();
      if (port.isPresent()) {
        ServerSocketChannel tcp = ServerSocketChannel.open();
        proxy.listeners.add(tcp);
        tcp.bind(
            new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port.getAsInt()), BACKLOG);
        proxy.address = Optional.of((InetSocketAddress) tcp.getLocalAddress());
      }
      for (ServerSocketChannel listener : proxy.listeners) {
        proxy.threads.add(
            Thread.ofVirtual().name("gateway-proxy").start(() -> proxy.accept(listener)));
      }
      proxy.threads.add(Thread.ofVirtual().name("gateway-proxy-watch").start(proxy::watch));
      return proxy;
    } catch (IOException e) {
      proxy.close();
      throw e;
    }
  }

  /** What a gateway that was killed has left there goes. */
  private void lasting(Path socket) throws IOException {
    Files.deleteIfExists(socket);
    ServerSocketChannel channel = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    listeners.add(channel);
    channel.bind(UnixDomainSocketAddress.of(socket), BACKLOG);
    SocketDirectory.onlyOwner(socket);
    lasting = Optional.of(socket);
  }

  Optional<InetSocketAddress> address() {
    return address;
  }

  private void accept(ServerSocketChannel listener) {
    while (!closed) {
      try {
        SocketChannel client = listener.accept();
        if (connections.size() >= options.maxConnections()) {
          client.close();
        } else {
          serve(client);
        }
      } catch (AsynchronousCloseException e) {
        return; // the gateway closes
      } catch (ClosedChannelException e) {
        return;
      } catch (IOException e) {
        LOG.warn("the proxy cannot take a connection: {}", e.toString());
        pause(); // out of descriptors: trying at once would only burn a processor
      }
    }
  }

  private void serve(SocketChannel client) {
    ProxyConnection connection = new ProxyConnection(this, client);
    connections.add(connection);
    Thread.ofVirtual()
        .name("gateway-proxy-in")
        .start(() -> {
          try {
            connection.serve();
          } finally {
            connections.remove(connection);
          }
        });
  }

  private void watch() {
    while (!closed) {
      long now = System.nanoTime();
      connections.stream()
          .filter(connection -> connection.isStale(now))
          .forEach(ProxyConnection::close);
      try {
        Thread.sleep(LOOK);
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  private static void pause() {
    try {
      Thread.sleep(PAUSE);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  GatewayOptions options() {
    return options;
  }

  Leases leases() {
    return leases;
  }

  Networks networks() {
    return networks;
  }

  /** The socket of the door to models. */
  Path models() {
    return models;
  }

  Lookup lookup() {
    return lookup;
  }

  @Override
  public void close() {
    closed = true;
    for (ServerSocketChannel listener : listeners) {
      try {
        listener.close();
      } catch (IOException e) {
        LOG.debug("closing the proxy: {}", e.toString());
      }
    }
    try {
      if (lasting.isPresent()) {
        Files.deleteIfExists(lasting.get());
      }
    } catch (IOException e) {
      LOG.warn("the proxy's socket stays: {}", e.toString());
    }
    threads.forEach(Thread::interrupt);
    connections.forEach(ProxyConnection::close);
    lookup.close();
  }
}
