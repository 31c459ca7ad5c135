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
  private record Network(byte[] prefix, int bits, String name) {
    boolean contains(byte[] address) {
      if (address.length != prefix.length) {
        return false;
      }
      for (int bit = 0; bit < bits; bit++) {
        int mask = 0x80 >> (bit % 8);
        if ((address[bit / 8] & mask) != (prefix[bit / 8] & mask)) {
          return false;
        }
      }
      return true;
    }
  }

  private static final List<Network> SPECIAL =
      List.of(
          network("0.0.0.0/8", "this network"),
          network("10.0.0.0/8", "private"),
          network("100.64.0.0/10", "shared by a carrier"),
          network("127.0.0.0/8", "loopback"),
          network("168.63.129.16/32", "a cloud's metadata service"),
          network("169.254.0.0/16", "link-local"),
          network("172.16.0.0/12", "private"),
          network("192.0.0.0/24", "special"),
          network("192.0.2.0/24", "for documentation"),
          network("192.88.99.0/24", "special"),
          network("192.168.0.0/16", "private"),
          network("198.18.0.0/15", "for benchmarks"),
          network("198.51.100.0/24", "for documentation"),
          network("203.0.113.0/24", "for documentation"),
          network("224.0.0.0/4", "multicast"),
          network("240.0.0.0/4", "reserved"),
          network("::1/128", "loopback"),
          network("fc00::/7", "private"),
          network("fe80::/10", "link-local"),
          network("fec0::/10", "private"),
          network("ff00::/8", "multicast"),
          network("2001::/23", "special"),
          network("2001:db8::/32", "for documentation"),
          network("2002::/16", "a tunnel"),
          network("3fff::/20", "for documentation"));

  private static final Network GLOBAL = network("2000::/3", "global");
  private static final Network TRANSLATED = network("64:ff9b::/96", "translated");
  private static final byte[] MAPPED = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1, -1};
  private static final int EMBEDDED = 12;

  private final List<Network> reachable;

  /**
   * @param reachablePrivate networks in CIDR notation that may be reached although they are private
   * @throws IllegalArgumentException when one cannot be
   */
  public Networks(List<String> reachablePrivate) {
    this.reachable = reachablePrivate.stream().map(each -> network(each, each)).toList();
  }

  private static Network network(String cidr, String name) {
    int slash = cidr.indexOf('/');
    try {
      byte[] prefix = InetAddress.ofLiteral(cidr.substring(0, Math.max(0, slash))).getAddress();
      int bits = Integer.parseInt(cidr.substring(slash + 1));
      if (bits >= 0 && bits <= prefix.length * 8) {
        return new Network(prefix, bits, name);
      }
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("no network in CIDR notation: " + cidr, e);
    }
    throw new IllegalArgumentException("no network in CIDR notation: " + cidr);
  }

  /** Why an address may not be reached; empty when it may. */
  public Optional<String> refused(InetAddress address) {
    byte[] bytes = plain(address.getAddress());
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

  /** An IPv4 address in an IPv6 one is what it is. */
  private static byte[] plain(byte[] address) {
    boolean mapped =
        address.length > EMBEDDED && Arrays.equals(address, 0, EMBEDDED, MAPPED, 0, EMBEDDED);
    return mapped ? Arrays.copyOfRange(address, EMBEDDED, address.length) : address;
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
