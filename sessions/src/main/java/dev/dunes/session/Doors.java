package dev.dunes.session;

import dev.dunes.gateway.Gateway;
import dev.dunes.gateway.GatewayOptions;
import dev.dunes.sandbox.HostRelay;
import dev.dunes.sandbox.spi.SandboxProvider;
import java.net.InetSocketAddress;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How sandboxes get at the gateway: by relays to its sockets where the provider has them; by
 * loopback ports of this host for provider {@code host}; else by the address that {@code
 * DUNES_GATEWAY_URL} says, which somebody must lead to {@code DUNES_GATEWAY_PORT} on loopback.
 * Gateways are opened when the first run needs them.
 */
final class Doors implements AutoCloseable {
  static final int MODEL_PORT = 8082;
  static final int PROXY_PORT = 8083;
  static final String URL = "DUNES_GATEWAY_URL";
  static final String PORT = "DUNES_GATEWAY_PORT";
  private static final String LOOPBACK = "127.0.0.1";
  private static final String NO_PROXY = "127.0.0.1,localhost,::1";
  static final String HOST = "host";
  static final String LOCAL = "local";
  private static final Logger LOG = LoggerFactory.getLogger(Doors.class);

  private final Function<GatewayOptions, Gateway> opener;
  private final Settings settings;
  private final ReentrantLock lock = new ReentrantLock();
  private @Nullable Gateway sockets;
  private @Nullable Gateway ports;
  private boolean closed;
  private final AtomicBoolean expected = new AtomicBoolean();

  Doors(Function<GatewayOptions, Gateway> opener, Settings settings) {
    this.opener = opener;
    this.settings = settings;
  }

  /** Whether sandboxes elsewhere are led to the gateway. */
  static boolean isAddressed(Settings settings) {
    return settings.get(URL).isPresent();
  }

  /**
   * A way to the gateway.
   *
   * @param gateway that leases are taken from
   * @param baseUrl of the models, as seen in the sandbox
   * @param proxy host and port of the proxy as seen in the sandbox, if it has one
   * @param relays the sandbox must have
   */
  record Door(Gateway gateway, String baseUrl, Optional<String> proxy, List<HostRelay> relays) {
    /** The variables that lead programs through the proxy, with the token of a lease. */
    Map<String, String> proxyVariables(String token) {
      return proxy.map(address -> Doors.proxyVariables(address, token)).orElse(Map.of());
    }
  }

  /**
   * The variables that lead programs through a proxy.
   *
   * @param address its host and port as seen in the sandbox
   * @param token of a lease
   */
  static Map<String, String> proxyVariables(String address, String token) {
    Map<String, String> variables = new LinkedHashMap<>();
    String url = "http://run:" + token + "@" + address;
    for (String name : List.of("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy")) {
      variables.put(name, url);
    }
    variables.put("NO_PROXY", NO_PROXY);
    variables.put("no_proxy", NO_PROXY);
    return variables;
  }

  /**
   * Begins to open what the first run at a provider needs, so that it is there when the provider
   * is: each takes its time, and neither needs the other.
   */
  void expect(String provider) {
    if (provider.equals(LOCAL) && expected.compareAndSet(false, true)) {
      Thread.ofVirtual().name("gateway-open").start(this::openEarly);
    }
  }

  private void openEarly() {
    try {
      sockets();
    } catch (RuntimeException e) {
      // Whoever needs it opens it again, and says what is wrong.
      LOG.debug("the gateway did not open early", e);
    }
  }

  /**
   * The way for a provider's sandboxes.
   *
   * @throws RunFailedException with the remedy when there is none
   */
  Door open(SandboxProvider provider, String title) {
    if (provider.takesRelays()) {
      Gateway gateway = sockets();
      return new Door(
          gateway,
          "http://" + LOOPBACK + ":" + MODEL_PORT,
          Optional.of(LOOPBACK + ":" + PROXY_PORT),
          List.of(
              new HostRelay(MODEL_PORT, gateway.socket()),
              new HostRelay(PROXY_PORT, gateway.proxySocket())));
    }
    if (provider.name().equals(HOST)) {
      Gateway gateway = ports();
      return new Door(
          gateway,
          "http://" + LOOPBACK + ":" + port(gateway.address()),
          Optional.of(LOOPBACK + ":" + port(gateway.proxyAddress())),
          List.of());
    }
    String url =
        settings
            .get(URL)
            .orElseThrow(() ->
                new RunFailedException(
                    FailureCode.SANDBOX_CREATE,
                    "Failed to create %s sandbox: its sandboxes cannot reach the model gateway of this host; set %s to an address that leads from them to port %s of this host's loopback"
                        .formatted(title, URL, PORT)));
    return new Door(ports(), url.strip().replaceAll("/+$", ""), Optional.empty(), List.of());
  }

  private static int port(Optional<InetSocketAddress> address) {
    return address
        .orElseThrow(() -> new IllegalStateException("the gateway has no port"))
        .getPort();
  }

  private Gateway sockets() {
    lock.lock();
    try {
      refuseWhenClosed();
      if (sockets == null) {
        sockets = opener.apply(GatewayOptions.defaults());
      }
      return sockets;
    } finally {
      lock.unlock();
    }
  }

  private Gateway ports() {
    lock.lock();
    try {
      refuseWhenClosed();
      if (ports == null) {
        ports =
            opener.apply(
                GatewayOptions.builder()
                    .loopbackPort(settings.number(PORT, 0, 0, 65535))
                    .loopbackProxyPort(0)
                    .build());
      }
      return ports;
    } finally {
      lock.unlock();
    }
  }

  private void refuseWhenClosed() {
    if (closed) {
      throw RunRefusedException.shuttingDown();
    }
  }

  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      if (sockets != null) {
        sockets.close();
      }
      if (ports != null) {
        ports.close();
      }
    } finally {
      lock.unlock();
    }
  }
}
