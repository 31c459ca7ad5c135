package dev.dunes.gateway.egress;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Which addresses belong to the public internet. Whatever a name says, a sandbox reaches no other:
 * not this machine, not its network, not the metadata service of a cloud (RFC 6890 and the IANA
 * registries of special-purpose addresses).
 */
public final class Networks {
  private static final List<Network> SPECIAL =
      List.of(
          Network.of("0.0.0.0/8", "this network"),
          Network.of("10.0.0.0/8", "private"),
          Network.of("100.64.0.0/10", "shared by a carrier"),
          Network.of("127.0.0.0/8", "loopback"),
          Network.of("168.63.129.16/32", "a cloud's metadata service"),
          Network.of("169.254.0.0/16", "link-local"),
          Network.of("172.16.0.0/12", "private"),
          Network.of("192.0.0.0/24", "special"),
          Network.of("192.0.2.0/24", "for documentation"),
          Network.of("192.88.99.0/24", "special"),
          Network.of("192.168.0.0/16", "private"),
          Network.of("198.18.0.0/15", "for benchmarks"),
          Network.of("198.51.100.0/24", "for documentation"),
          Network.of("203.0.113.0/24", "for documentation"),
          Network.of("224.0.0.0/4", "multicast"),
          Network.of("240.0.0.0/4", "reserved"),
          Network.of("::1/128", "loopback"),
          Network.of("fc00::/7", "private"),
          Network.of("fe80::/10", "link-local"),
          Network.of("fec0::/10", "private"),
          Network.of("ff00::/8", "multicast"),
          Network.of("2001::/23", "special"),
          Network.of("2001:db8::/32", "for documentation"),
          Network.of("2002::/16", "a tunnel"),
          Network.of("3fff::/20", "for documentation"));

  private static final Network GLOBAL = Network.of("2000::/3", "global");
  private static final Network TRANSLATED = Network.of("64:ff9b::/96", "translated");
  private static final int EMBEDDED = 12;

  private final List<Network> reachable;

  /**
   * @param reachablePrivate networks in CIDR notation that may be reached although they are private
   * @throws IllegalArgumentException when one cannot be
   */
  public Networks(List<String> reachablePrivate) {
    this.reachable = reachablePrivate.stream().map(each -> Network.of(each, each)).toList();
  }

  /** Why an address may not be reached; empty when it may. */
  public Optional<String> refused(InetAddress address) {
    byte[] bytes = Network.plain(address.getAddress());
    if (reachable.stream().anyMatch(each -> each.contains(bytes))) {
      return Optional.empty();
    }
    Optional<String> special =
        SPECIAL.stream().filter(each -> each.contains(bytes)).map(Network::name).findFirst();
    if (special.isPresent()) {
      return special;
    }
    if (address instanceof Inet6Address && bytes.length > 4) {
      if (TRANSLATED.contains(bytes)) {
        return refused(embedded(bytes));
      }
      if (!GLOBAL.contains(bytes)) {
        return Optional.of("not public");
      }
    }
    return isOwn(address) ? Optional.of("this machine") : Optional.empty();
  }

  private static InetAddress embedded(byte[] address) {
    try {
      return Inet4Address.getByAddress(Arrays.copyOfRange(address, EMBEDDED, address.length));
    } catch (UnknownHostException e) {
      throw new IllegalStateException(e); // four bytes are an address
    }
  }

  private static boolean isOwn(InetAddress address) {
    try {
      return NetworkInterface.getByInetAddress(address) != null;
    } catch (SocketException e) {
      return true; // closed when it cannot be known
    }
  }
}
