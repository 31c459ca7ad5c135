package dev.dunes.gateway.egress;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A host and a port somebody wants to reach. */
public record Target(HostName host, int port) {
  private static final Pattern AUTHORITY =
      Pattern.compile("(\\[[^\\]]*]|[^:\\[\\]]+)(?::(\\d{1,5}))?");
  private static final int MAX_PORT = 65535;

  /** The ports a rule without one means. */
  static boolean isWebPort(int port) {
    return port == 80 || port == 443;
  }

  /**
   * Reads {@code host:port}.
   *
   * @param defaultPort when there is none, or 0 when there must be one
   * @throws IllegalArgumentException when it is something else, such as one with a user name
   */
  public static Target parse(String authority, int defaultPort) {
    Matcher parts = AUTHORITY.matcher(authority);
    if (authority.contains("@") || !parts.matches()) {
      throw new IllegalArgumentException("this is no host with a port");
    }
    String digits = parts.group(2);
    int port = digits == null ? defaultPort : Integer.parseInt(digits);
    if (port < 1 || port > MAX_PORT) {
      throw new IllegalArgumentException("this is no port");
    }
    return new Target(HostName.parse(parts.group(1)), port);
  }

  /** What a policy would have to say to let it pass. */
  public String rule() {
    return isWebPort(port) ? host.name() : host.name() + ":" + port;
  }

  @Override
  public String toString() {
    return host.name() + ":" + port;
  }
}
