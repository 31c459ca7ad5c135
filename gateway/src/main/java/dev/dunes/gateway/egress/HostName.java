package dev.dunes.gateway.egress;

import java.net.IDN;
import java.net.InetAddress;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A host in its one plain form: lower case, no trailing dot, names in ASCII, addresses as Java
 * writes them.
 *
 * @param name for people and for rules; IPv6 in brackets
 * @param literal the address, when the host is one
 */
public record HostName(String name, Optional<InetAddress> literal) {
  private static final int MAX_NAME = 253;
  private static final Pattern LABELS =
      Pattern.compile(
          "[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*");
  private static final Pattern QUAD = Pattern.compile("(0|[1-9]\\d{0,2})(\\.(0|[1-9]\\d{0,2})){3}");

  /** What some programs take for an address: a last part that is a number in any notation. */
  private static final Pattern NUMERIC = Pattern.compile("(.*\\.)?(\\d+|0x[0-9a-f]*)");

  private static final Pattern IPV6 = Pattern.compile("\\[[0-9A-Fa-f:.]{2,45}]");

  /**
   * @throws IllegalArgumentException when it is no host, or written in a way that programs read
   *     differently
   */
  public static HostName parse(String raw) {
    if (raw.startsWith("[")) {
      return ipv6(raw);
    }
    String name = ascii(raw);
    if (name.endsWith(".")) {
      name = name.substring(0, name.length() - 1);
    }
    if (QUAD.matcher(name).matches()) {
      return address(name);
    }
    if (NUMERIC.matcher(name).matches()) {
      throw new IllegalArgumentException("an address must be written as four numbers");
    }
    if (name.length() > MAX_NAME || !LABELS.matcher(name).matches()) {
      throw new IllegalArgumentException("this is no host name");
    }
    return new HostName(name, Optional.empty());
  }

  private static String ascii(String raw) {
    if (raw.chars().anyMatch(each -> each <= ' ' || each == 0x7f)) {
      throw new IllegalArgumentException("this is no host name");
    }
    try {
      return IDN.toASCII(raw, IDN.ALLOW_UNASSIGNED).toLowerCase(Locale.ROOT);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("this is no host name", e);
    }
  }

  private static HostName ipv6(String raw) {
    if (!IPV6.matcher(raw).matches()) {
      throw new IllegalArgumentException("this is no IPv6 address");
    }
    return address(raw);
  }

  /** Never asks a name server: what comes here is an address already. */
  private static HostName address(String text) {
    try {
      InetAddress address = InetAddress.ofLiteral(text.replace("[", "").replace("]", ""));
      String plain = address.getHostAddress();
      return new HostName(plain.contains(":") ? "[" + plain + "]" : plain, Optional.of(address));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("this is no address", e);
    }
  }

  @Override
  public String toString() {
    return name;
  }
}
