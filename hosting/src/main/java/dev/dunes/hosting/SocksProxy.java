package dev.dunes.hosting;

import java.util.Optional;

/**
 * A SOCKS5 proxy that what a sandbox sends takes. E2B wire 2.3.
 *
 * @param address {@code host:port}
 * @param username at most 255 bytes, when it asks for one
 * @param password at most 255 bytes; only with a user name
 */
public record SocksProxy(String address, Optional<String> username, Optional<String> password) {
  /**
   * @throws HostingException for a password without a user name
   */
  public SocksProxy {
    if (password.isPresent() && username.isEmpty()) {
      throw HostingException.invalid("egressProxy.password needs egressProxy.username");
    }
  }

  /** Never shows the password. */
  @Override
  public String toString() {
    return "SocksProxy[%s]".formatted(address);
  }
}
