package dev.dunes.gateway;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The only way out of a sandbox: to models, with keys the sandbox never sees, and through a proxy
 * to hosts a policy allows. One serves many runs at once, each with a lease of its own.
 *
 * <p>Safe for use by several threads.
 */
public interface Gateway extends AutoCloseable {
  /**
   * Starts listening.
   *
   * @throws java.io.UncheckedIOException when it cannot
   * @throws IllegalArgumentException when an option cannot be
   */
  static Gateway open(GatewayOptions options) {
    return RunningGateway.open(options);
  }

  /**
   * Where sandboxes reach models: HTTP/1.1 over this Unix socket, mode 0600 in a directory of mode
   * 0700. Requests show {@link GatewayLease#token()} as {@code Authorization: Bearer}, {@code
   * x-api-key} or {@code x-goog-api-key}.
   */
  Path socket();

  /**
   * Where sandboxes reach hosts: an HTTP proxy ({@code CONNECT}, and {@code http://} requests) over
   * this Unix socket, mode 0600 in a directory of mode 0700. The user name is {@code run}, the
   * password {@link GatewayLease#token()}.
   */
  Path proxySocket();

  /** Models on loopback, when {@link GatewayOptions#loopbackPort()} asked for it. */
  Optional<InetSocketAddress> address();

  /** The proxy on loopback, when {@link GatewayOptions#loopbackProxyPort()} asked for it. */
  Optional<InetSocketAddress> proxyAddress();

  /**
   * Lets a run in.
   *
   * @throws CassetteException when its cassette cannot be read or written
   * @throws ModelConfigurationException when an upstream's credentials cannot be used
   * @throws IllegalArgumentException when its policy has a rule that cannot be
   * @throws IllegalStateException when the gateway is closed
   */
  GatewayLease lease(LeaseSpec spec);

  /**
   * Ends all leases, lets what is being answered finish for {@link GatewayOptions#closeGrace()},
   * and removes the sockets. Safe to repeat.
   */
  @Override
  void close();
}
