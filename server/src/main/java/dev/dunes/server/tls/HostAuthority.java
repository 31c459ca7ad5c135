package dev.dunes.server.tls;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * The authority that sandboxes trust, and nobody else: it signs for the hosts whose requests get
 * headers on their way. It is made when it is first needed and kept, so that sandboxes which
 * outlive a server go on trusting the next one. Safe for use by several threads.
 */
public final class HostAuthority {
  private static final int MOST = 256;
  private static final Duration RENEWED = Duration.ofSeconds(Authority.LEAF.toSeconds() / 2);
  private static final String TITLE = "Dunes authority of sandboxes";

  /** Not the name of the host, which may be longer than a common name. */
  private static final String LEAF_TITLE = "Host of a Dunes sandbox";

  private final Path directory;
  private final ReentrantLock lock = new ReentrantLock();
  private @Nullable Authority authority;
  private final Map<String, Issued> issued =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Issued> eldest) {
          return size() > MOST;
        }
      };

  private record Issued(SSLContext context, Instant at) {}

  /**
   * @param directory of this alone
   */
  public HostAuthority(Path directory) {
    this.directory = directory;
  }

  /**
   * The certificate to trust, in PEM.
   *
   * @throws IOException when it cannot be read or made
   */
  public String certificate() throws IOException {
    return Files.readString(authority().file());
  }

  /**
   * What a server of this name shows.
   *
   * @throws IOException when the authority cannot be read or made
   */
  public SSLContext of(String host) throws IOException {
    Authority signing = authority();
    lock.lock();
    try {
      Issued known = issued.get(host);
      if (known == null || known.at().plus(RENEWED).isBefore(Instant.now())) {
        known = new Issued(context(signing.issue(LEAF_TITLE, List.of(host))), Instant.now());
        issued.put(host, known);
      }
      return known.context();
    } catch (GeneralSecurityException e) {
      throw new IOException("cannot use a certificate for " + host, e);
    } finally {
      lock.unlock();
    }
  }

  private Authority authority() throws IOException {
    lock.lock();
    try {
      Authority known = authority;
      if (known == null) {
        known = Authority.open(directory, TITLE, Optional.empty());
        authority = known;
      }
      return known;
    } finally {
      lock.unlock();
    }
  }

  private static SSLContext context(Authority.Identity identity)
      throws GeneralSecurityException, IOException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    char[] none = new char[0];
    store.setKeyEntry(
        "server", identity.key(), none, identity.chain().toArray(X509Certificate[]::new));
    KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(store, none);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), null, null);
    return context;
  }
}
