package dev.dunes.server.tls;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Optional;

/**
 * A certificate authority of this machine, for one domain and the names below it: its certificate
 * says so, and clients reject whatever else its key would sign. It is made once and kept in a
 * directory; only its owner can read the key.
 */
public final class LocalAuthority {
  private final Authority authority;
  private final String domain;

  /**
   * A certificate and its key.
   *
   * @param chain in PEM, the leaf first
   * @param key in PEM, PKCS #8
   */
  public record Leaf(String chain, String key) {
    /** Never shows the key. */
    @Override
    public String toString() {
      return "Leaf[]";
    }
  }

  private LocalAuthority(Authority authority, String domain) {
    this.authority = authority;
    this.domain = domain;
  }

  /**
   * The authority of a directory, made when there is none, or when it is for another domain or has
   * run out.
   *
   * @throws IOException when it cannot be read or kept, or when others can read its key
   */
  public static LocalAuthority open(Path directory, String domain) throws IOException {
    return new LocalAuthority(
        Authority.open(directory, "Dunes local authority for " + domain, Optional.of(domain)),
        domain);
  }

  /** The file that clients are to trust. */
  public Path file() {
    return authority.file();
  }

  /** A new certificate for the domain and all names one step below it. */
  public Leaf issue() {
    Authority.Identity identity = authority.issue(domain, List.of(domain, "*." + domain));
    StringBuilder chain = new StringBuilder();
    try {
      for (X509Certificate each : identity.chain()) {
        chain.append(Authority.pem(each));
      }
      return new Leaf(chain.toString(), Authority.pem(identity.key()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
