package dev.dunes.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.dunes.gateway.egress.Target;
import java.util.Optional;

/**
 * A SOCKS5 proxy (RFC 1928) that a sandbox's connections go through. It looks names up itself, so
 * that only what a policy allows by name, and whether the proxy's own address may be reached, is
 * checked here.
 *
 * @param address its host and port
 * @param login user name and password (RFC 1929), when it asks for them
 */
public record SocksProxy(String address, Optional<Login> login) {
  private static final int LONGEST = 255;

  /**
   * @param user of 1 to 255 bytes
   * @param password of at most 255 bytes
   */
  public record Login(String user, String password) {
    /**
     * @throws IllegalArgumentException when one is too long
     */
    public Login {
      if (user.isEmpty()
          || user.getBytes(UTF_8).length > LONGEST
          || password.getBytes(UTF_8).length > LONGEST) {
        throw new IllegalArgumentException(
            "user name and password of a SOCKS proxy have at most 255 bytes each");
      }
    }

    /** Never shows the password. */
    @Override
    public String toString() {
      return "Login[]";
    }
  }

  /**
   * @throws IllegalArgumentException when the address is no host with a port
   */
  public SocksProxy {
    try {
      Target unused = Target.parse(address, 0);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("the address of a SOCKS proxy is host:port", e);
    }
  }

  Target target() {
    return Target.parse(address, 0);
  }
}
