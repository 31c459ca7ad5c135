package dev.dunes.gateway.egress;

import java.net.InetAddress;
import java.util.Arrays;

/**
 * Addresses that begin alike, as in CIDR notation.
 *
 * @param prefix an address of it, 4 or 16 bytes
 * @param bits how many of its bits all have
 * @param name for people
 */
record Network(byte[] prefix, int bits, String name) {
  private static final byte[] MAPPED = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1, -1};

  /**
   * Reads one.
   *
   * @throws IllegalArgumentException when it is none
   */
  static Network of(String cidr, String name) {
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

  /** An IPv4 address in an IPv6 one is what it is. */
  static byte[] plain(byte[] address) {
    boolean mapped =
        address.length > MAPPED.length
            && Arrays.equals(address, 0, MAPPED.length, MAPPED, 0, MAPPED.length);
    return mapped ? Arrays.copyOfRange(address, MAPPED.length, address.length) : address;
  }

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
