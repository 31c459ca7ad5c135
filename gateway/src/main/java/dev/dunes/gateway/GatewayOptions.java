package dev.dunes.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import javax.net.ssl.SSLContext;

/**
 * How a gateway is set up; what nobody says has the default its setter names.
 *
 * @see Gateway#open
 */
public final class GatewayOptions {
  /** Finds the addresses of a name. */
  @FunctionalInterface
  public interface Resolver {
    /** All addresses, as the system's resolver gives them; may block. */
    List<InetAddress> resolve(String host) throws UnknownHostException;
  }

  /** What sandboxes are shown in place of the certificates of hosts whose TLS is opened. */
  @FunctionalInterface
  public interface HostIdentities {
    /**
     * For a server that is taken for this host by whoever trusts the gateway's authority; called
     * from any thread, for each connection.
     *
     * @param host a name in ASCII and lower case
     * @throws IOException when there is none
     */
    SSLContext of(String host) throws IOException;
  }

  private static final GatewayOptions DEFAULTS = builder().build();

  private final Builder values;

  private GatewayOptions(Builder values) {
    this.values = values;
  }

  /** Everything by default; the same object each time. */
  public static GatewayOptions defaults() {
    return DEFAULTS;
  }

  /** Starts from the defaults. */
  public static Builder builder() {
    return new Builder();
  }

  /** Below which a private directory for the sockets is made. */
  public Path parentDirectory() {
    return values.parentDirectory;
  }

  /** The loopback port for models, 0 for any; none unless said. */
  public OptionalInt loopbackPort() {
    return values.loopbackPort;
  }

  /** The loopback port of the proxy, 0 for any; none unless said. */
  public OptionalInt loopbackProxyPort() {
    return values.loopbackProxyPort;
  }

  /** Another socket of the proxy, at a path that outlives this gateway; none unless said. */
  public Optional<Path> lastingProxySocket() {
    return values.lastingProxySocket;
  }

  /** The same options, to be changed. */
  public Builder toBuilder() {
    return new Builder(values);
  }

  /** Of a request's head, in bytes. */
  public int maxHeaderBytes() {
    return values.maxHeaderBytes;
  }

  /** Of a request's body, in bytes. */
  public long maxBodyBytes() {
    return values.maxBodyBytes;
  }

  /** To models' listeners together, and through the proxy together. */
  public int maxConnections() {
    return values.maxConnections;
  }

  /** Through the proxy, of one run. */
  public int maxConnectionsPerRun() {
    return values.maxConnectionsPerRun;
  }

  /** How long a client may take over the head of a request, or pause in its body. */
  public Duration requestTimeout() {
    return values.requestTimeout;
  }

  /** For the connection to a model or to a host, its name's lookup included. */
  public Duration connectTimeout() {
    return values.connectTimeout;
  }

  /** How long a model may be silent, and a client may refuse to read. */
  public Duration modelIdleTimeout() {
    return values.modelIdleTimeout;
  }

  /** How long a connection through the proxy may be silent in both directions. */
  public Duration proxyIdleTimeout() {
    return values.proxyIdleTimeout;
  }

  /** How long what is still running may take when the gateway closes. */
  public Duration closeGrace() {
    return values.closeGrace;
  }

  /** A price table instead of the one that comes with the gateway. */
  public Optional<Path> priceTable() {
    return values.priceTable;
  }

  /** Private networks that the proxy may reach all the same, in CIDR notation. */
  public List<String> reachablePrivateNetworks() {
    return values.reachablePrivateNetworks;
  }

  /** How names of hosts become addresses. */
  public Resolver resolver() {
    return values.resolver;
  }

  /** What opens TLS, for headers on the way to hosts; none unless said. */
  public Optional<HostIdentities> hostIdentities() {
    return values.hostIdentities;
  }

  /** What certificates of hosts are checked by when their TLS is opened. */
  public SSLContext hostTrust() {
    return values.hostTrust.orElseGet(GatewayOptions::usualTrust);
  }

  private static SSLContext usualTrust() {
    try {
      return SSLContext.getDefault();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("this Java has no TLS", e);
    }
  }

  /** How many events may wait for one run's listener. */
  public int eventBacklog() {
    return values.eventBacklog;
  }

  /** Gathers options. Not safe for use by several threads. */
  public static final class Builder {
    /** Of a Unix socket's path: 108 with its end, by {@code unix(7)}. */
    private static final int MAX_SOCKET_PATH = 107;

    private Path parentDirectory = Path.of(System.getProperty("java.io.tmpdir"));
    private OptionalInt loopbackPort = OptionalInt.empty();
    private OptionalInt loopbackProxyPort = OptionalInt.empty();
    private Optional<Path> lastingProxySocket = Optional.empty();
    private int maxHeaderBytes = 64 * 1024;
    private long maxBodyBytes = 64L * 1024 * 1024;
    private int maxConnections = 8192;
    private int maxConnectionsPerRun = 256;
    private Duration requestTimeout = Duration.ofSeconds(30);
    private Duration connectTimeout = Duration.ofSeconds(10);
    private Duration modelIdleTimeout = Duration.ofMinutes(10);
    private Duration proxyIdleTimeout = Duration.ofMinutes(5);
    private Duration closeGrace = Duration.ofSeconds(5);
    private Optional<Path> priceTable = Optional.empty();
    private List<String> reachablePrivateNetworks = List.of();
    private Resolver resolver = host -> List.of(InetAddress.getAllByName(host));
    private Optional<HostIdentities> hostIdentities = Optional.empty();
    private Optional<SSLContext> hostTrust = Optional.empty();
    private int eventBacklog = 4096;

    private Builder() {}

    private Builder(Builder other) {
      parentDirectory = other.parentDirectory;
      loopbackPort = other.loopbackPort;
      loopbackProxyPort = other.loopbackProxyPort;
      lastingProxySocket = other.lastingProxySocket;
      maxHeaderBytes = other.maxHeaderBytes;
      maxBodyBytes = other.maxBodyBytes;
      maxConnections = other.maxConnections;
      maxConnectionsPerRun = other.maxConnectionsPerRun;
      requestTimeout = other.requestTimeout;
      connectTimeout = other.connectTimeout;
      modelIdleTimeout = other.modelIdleTimeout;
      proxyIdleTimeout = other.proxyIdleTimeout;
      closeGrace = other.closeGrace;
      priceTable = other.priceTable;
      reachablePrivateNetworks = other.reachablePrivateNetworks;
      resolver = other.resolver;
      hostIdentities = other.hostIdentities;
      hostTrust = other.hostTrust;
      eventBacklog = other.eventBacklog;
    }

    /**
     * The temporary directory unless said. Its path must be short: a socket's has at most 107
     * bytes.
     */
    public Builder parentDirectory(Path directory) {
      parentDirectory = requireNonNull(directory, "directory");
      return this;
    }

    /** Also listens for models on 127.0.0.1. */
    public Builder loopbackPort(int port) {
      loopbackPort = OptionalInt.of(port);
      return this;
    }

    /** Also listens for the proxy on 127.0.0.1. */
    public Builder loopbackProxyPort(int port) {
      loopbackProxyPort = OptionalInt.of(port);
      return this;
    }

    /**
     * Also listens for the proxy here, in place of an earlier gateway that was killed. The
     * directory must be there, be nobody else's, and have one gateway at a time.
     *
     * @param socket of at most 107 bytes
     */
    public Builder lastingProxySocket(Path socket) {
      if (socket.toString().getBytes(UTF_8).length > MAX_SOCKET_PATH) {
        throw new IllegalArgumentException(
            "the path of a socket has at most %d bytes: %s".formatted(MAX_SOCKET_PATH, socket));
      }
      lastingProxySocket = Optional.of(socket);
      return this;
    }

    /** 64 KiB unless said. */
    public Builder maxHeaderBytes(int bytes) {
      maxHeaderBytes = positive("maxHeaderBytes", bytes);
      return this;
    }

    /** 64 MiB unless said. */
    public Builder maxBodyBytes(long bytes) {
      if (bytes < 1) {
        throw new IllegalArgumentException("maxBodyBytes is not at least 1");
      }
      maxBodyBytes = bytes;
      return this;
    }

    /** 8192 unless said; more are closed at once. */
    public Builder maxConnections(int connections) {
      maxConnections = positive("maxConnections", connections);
      return this;
    }

    /** 256 unless said; more are refused with 429. */
    public Builder maxConnectionsPerRun(int connections) {
      maxConnectionsPerRun = positive("maxConnectionsPerRun", connections);
      return this;
    }

    /** 30 seconds unless said. */
    public Builder requestTimeout(Duration timeout) {
      requestTimeout = positive("requestTimeout", timeout);
      return this;
    }

    /** 10 seconds unless said. */
    public Builder connectTimeout(Duration timeout) {
      connectTimeout = positive("connectTimeout", timeout);
      return this;
    }

    /** 10 minutes unless said: what the vendors' own clients wait. */
    public Builder modelIdleTimeout(Duration timeout) {
      modelIdleTimeout = positive("modelIdleTimeout", timeout);
      return this;
    }

    /** 5 minutes unless said. */
    public Builder proxyIdleTimeout(Duration timeout) {
      proxyIdleTimeout = positive("proxyIdleTimeout", timeout);
      return this;
    }

    /** 5 seconds unless said. */
    public Builder closeGrace(Duration grace) {
      closeGrace = requireNonNull(grace, "grace");
      return this;
    }

    /** The table that comes with the gateway unless said. */
    public Builder priceTable(Path file) {
      priceTable = Optional.of(file);
      return this;
    }

    /**
     * For mirrors and services inside a company's network, such as {@code 10.1.2.0/24}; none unless
     * said. Policies still have to allow the names.
     */
    public Builder reachablePrivateNetworks(List<String> networks) {
      reachablePrivateNetworks = List.copyOf(networks);
      return this;
    }

    /** The system's unless said. */
    public Builder resolver(Resolver lookup) {
      resolver = requireNonNull(lookup, "lookup");
      return this;
    }

    /** Lets policies set headers on the way to hosts. */
    public Builder hostIdentities(HostIdentities identities) {
      hostIdentities = Optional.of(identities);
      return this;
    }

    /** For hosts with certificates of a private authority; Java's own trust unless said. */
    public Builder hostTrust(SSLContext context) {
      hostTrust = Optional.of(context);
      return this;
    }

    /** 4096 unless said. */
    public Builder eventBacklog(int events) {
      eventBacklog = positive("eventBacklog", events);
      return this;
    }

    /** The options as they stand; later changes of the builder do not reach them. */
    public GatewayOptions build() {
      return new GatewayOptions(new Builder(this));
    }

    private static int positive(String name, int value) {
      if (value < 1) {
        throw new IllegalArgumentException(name + " is not at least 1");
      }
      return value;
    }

    private static Duration positive(String name, Duration value) {
      if (!value.isPositive()) {
        throw new IllegalArgumentException(name + " is not positive");
      }
      return value;
    }
  }
}
