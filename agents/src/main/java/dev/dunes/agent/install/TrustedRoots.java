package dev.dunes.agent.install;

import dev.dunes.agent.AgentSettings;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;

/**
 * The certificate authorities of Java and those the environment adds: {@code NODE_EXTRA_CA_CERTS},
 * {@code SSL_CERT_FILE}, npm's {@code cafile}.
 */
final class TrustedRoots {
  private TrustedRoots() {}

  static SSLContext context(AgentSettings settings) {
    List<Path> files =
        List.of(
                settings.variable("NODE_EXTRA_CA_CERTS"),
                settings.variable("SSL_CERT_FILE"),
                new NpmFiles(settings).value("cafile"))
            .stream()
            .flatMap(Optional::stream)
            .distinct()
            .map(Path::of)
            .toList();
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, files.isEmpty() ? null : managers(store(files)), null);
      return context;
    } catch (GeneralSecurityException | IOException e) {
      throw InstallFailure.of(
          "cannot use the certificates of %s: %s".formatted(files, e.getMessage()),
          "NODE_EXTRA_CA_CERTS and SSL_CERT_FILE name files of PEM certificates",
          e);
    }
  }

  private static KeyStore store(List<Path> files) throws GeneralSecurityException, IOException {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    int number = 0;
    for (TrustManager manager : managers(null)) {
      if (manager instanceof X509TrustManager known) {
        for (X509Certificate root : known.getAcceptedIssuers()) {
          store.setCertificateEntry("root-" + number++, root);
        }
      }
    }
    CertificateFactory factory = CertificateFactory.getInstance("X.509");
    for (Path file : files) {
      try (InputStream in = Files.newInputStream(file)) {
        for (Certificate root : factory.generateCertificates(in)) {
          store.setCertificateEntry("root-" + number++, root);
        }
      }
    }
    return store;
  }

  private static TrustManager[] managers(@Nullable KeyStore store) throws GeneralSecurityException {
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(store);
    return factory.getTrustManagers();
  }
}
