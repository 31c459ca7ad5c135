package dev.dunes.session;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.dunes.gateway.EgressPolicy;
import dev.dunes.gateway.Gateway;
import dev.dunes.gateway.GatewayLease;
import dev.dunes.gateway.GatewayOptions;
import dev.dunes.gateway.LeaseSpec;
import dev.dunes.sandbox.HostRelay;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The way to the network of sandboxes that are no place of a run: the gateway's proxy, with a lease
 * of its own for each, and no models. Its gateway is opened when the first sandbox needs it. Safe
 * for use by several threads.
 */
public final class SandboxEgress implements AutoCloseable {
  /** The port of the proxy on the loopback of a sandbox. */
  public static final int PORT = 49_982;

  /** {@code unix(7)}. */
  private static final int MAX_SOCKET_PATH = 107;

  private static final Pattern IPV4 = Pattern.compile("\\d{1,3}(\\.\\d{1,3}){3}");
  private static final Pattern IPV6 =
      Pattern.compile("[0-9a-fA-F:.]*:[0-9a-fA-F:.]*:[0-9a-fA-F:.]*");

  /** E2B wire 2.3: all there is, names included. */
  private static final String EVERYTHING = "0.0.0.0/0";

  private static final Logger LOG = LoggerFactory.getLogger(SandboxEgress.class);
  private static final String SOCKET = "proxy.sock";

  private final Function<GatewayOptions, Gateway> opener;
  private final Path directory;
  private final Optional<GatewayOptions.HostIdentities> identities;
  private final ReentrantLock lock = new ReentrantLock();
  private @Nullable Gateway gateway;
  private boolean closed;

  /**
   * @param runs whose gateways are like the one of this
   * @param directory of this alone: the proxy's socket is in it, where sandboxes of an earlier
   *     process look for it. Made when it is needed
   * @param identities what sandboxes are shown of hosts whose requests get headers; none gets any
   *     when empty
   */
  public SandboxEgress(
      RunsConfig runs, Path directory, Optional<GatewayOptions.HostIdentities> identities) {
    this.opener = runs.gateways();
    this.directory = directory.toAbsolutePath().normalize();
    this.identities = identities;
  }

  /** The way of one sandbox; open until it is closed. */
  public static final class Way implements AutoCloseable {
    private final HostRelay relay;
    private final GatewayLease lease;

    private Way(HostRelay relay, GatewayLease lease) {
      this.relay = relay;
      this.lease = lease;
    }

    /** What the way is opened again by, when the process that has it has ended. Keep it secret. */
    public String secret() {
      return lease.token();
    }

    /** What the sandbox must have. */
    public HostRelay relay() {
      return relay;
    }

    /** The variables that lead programs through the proxy; they hold what it is known by. */
    public Map<String, String> variables() {
      return Doors.proxyVariables("127.0.0.1:" + PORT, lease.token());
    }

    /**
     * Replaces what may be reached and how, and ends the connections to everything else.
     *
     * @throws IllegalArgumentException when something cannot be; nothing changes
     */
    public void change(EgressPolicy policy) {
      lease.egress(plain(policy));
    }

    @Override
    public void close() {
      lease.close();
    }
  }

  /**
   * Whether a way can keep to this.
   *
   * @param policy in which addresses and networks in CIDR notation are allowed with all their
   *     ports, for connections that name an address; hosts, {@code *.host} and {@code host:port} as
   *     the gateway has them; {@code 0.0.0.0/0} for every name and IPv4 address
   * @throws IllegalArgumentException when it cannot, naming what
   */
  public static void check(EgressPolicy policy) {
    EgressPolicy unused = plain(policy).checked();
  }

  private static EgressPolicy plain(EgressPolicy policy) {
    List<String> rules = new ArrayList<>();
    for (String each : policy.allowed()) {
      if (each.equals(EVERYTHING)) {
        rules.add("*:*");
        rules.add(each);
      } else if (IPV4.matcher(each).matches()) {
        rules.add(each + "/32");
      } else if (IPV6.matcher(each).matches()) {
        rules.add(each + "/128");
      } else {
        rules.add(each);
      }
    }
    return new EgressPolicy(rules, policy.headers(), policy.via());
  }

  /**
   * Opens a way.
   *
   * @param sandbox names it in logs
   * @param policy as for {@link #check}
   * @throws IllegalArgumentException when something cannot be kept to
   * @throws IllegalStateException when this is closed
   */
  public Way open(String sandbox, EgressPolicy policy) {
    return open(sandbox, policy, Optional.empty());
  }

  /**
   * Opens a way for a sandbox that has one from a process that has ended: what its programs know
   * leads to this one.
   *
   * @param secret of the earlier way
   * @throws IllegalArgumentException when something cannot be kept to, or this is no secret
   */
  public Way reopen(String sandbox, EgressPolicy policy, String secret) {
    return open(sandbox, policy, Optional.of(secret));
  }

  private Way open(String sandbox, EgressPolicy policy, Optional<String> secret) {
    LeaseSpec.Builder lease = LeaseSpec.builder(sandbox).egress(plain(policy).checked());
    secret.ifPresent(lease::token);
    LeaseSpec spec = lease.build();
    Gateway opened = gateway();
    HostRelay relay =
        lasting()
            .map(socket -> new HostRelay(PORT, socket, true))
            .orElseGet(() -> new HostRelay(PORT, opened.proxySocket()));
    return new Way(relay, opened.lease(spec));
  }

  /** Where the socket stays; not where its path would be too long for one. */
  private Optional<Path> lasting() {
    Path socket = directory.resolve(SOCKET);
    return socket.toString().getBytes(UTF_8).length <= MAX_SOCKET_PATH
        ? Optional.of(socket)
        : Optional.empty();
  }

  private Gateway gateway() {
    lock.lock();
    try {
      if (closed) {
        throw new IllegalStateException("the server is shutting down");
      }
      Gateway known = gateway;
      if (known == null) {
        known = opener.apply(options());
        gateway = known;
      }
      return known;
    } finally {
      lock.unlock();
    }
  }

  private GatewayOptions options() {
    GatewayOptions.Builder options = GatewayOptions.builder();
    identities.ifPresent(options::hostIdentities);
    Optional<Path> socket = lasting();
    if (socket.isEmpty()) {
      LOG.warn(
          "ways out of sandboxes end with this server: a socket cannot have a path as long as {}",
          directory);
      return options.build();
    }
    try {
      Files.createDirectories(
          directory,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot make " + directory, e);
    }
    return options.lastingProxySocket(socket.get()).build();
  }

  /** Ends every way. */
  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      if (gateway != null) {
        gateway.close();
        gateway = null;
      }
    } finally {
      lock.unlock();
    }
  }
}
