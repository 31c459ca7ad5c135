package dev.dunes.server.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.cert.CertPath;
import java.security.cert.CertPathValidator;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The authority of this machine: kept, for one domain, and for its owner's eyes. */
class LocalAuthorityTest {
  @TempDir Path directory;

  private static List<X509Certificate> chain(LocalAuthority.Leaf leaf) throws Exception {
    return CertificateFactory.getInstance("X.509")
        .generateCertificates(
            new ByteArrayInputStream(leaf.chain().getBytes(StandardCharsets.US_ASCII)))
        .stream()
        .map(X509Certificate.class::cast)
        .toList();
  }

  private static void validate(X509Certificate leaf, X509Certificate authority) throws Exception {
    CertPath path = CertificateFactory.getInstance("X.509").generateCertPath(List.of(leaf));
    TrustAnchor anchor = new TrustAnchor(authority, null);
    PKIXParameters parameters = new PKIXParameters(Set.of(anchor));
    parameters.setRevocationEnabled(false);
    CertPathValidator.getInstance("PKIX").validate(path, parameters);
  }

  @Test
  void itSignsNamesOfItsDomainAndIsKept() throws Exception {
    LocalAuthority made = LocalAuthority.open(directory.resolve("ca"), "e2b.localhost");
    List<X509Certificate> chain = chain(made.issue());
    assertThat(chain).hasSize(2);
    assertThat(chain.getFirst().getSubjectAlternativeNames())
        .extracting(name -> String.valueOf(name.get(1)))
        .containsExactlyInAnyOrder("e2b.localhost", "*.e2b.localhost");
    validate(chain.getFirst(), chain.getLast());
    // Clients must obey: it may sign names of this domain only.
    assertThat(chain.getLast().getCriticalExtensionOIDs()).contains("2.5.29.30");
    assertThat(
            new String(chain.getLast().getExtensionValue("2.5.29.30"), StandardCharsets.ISO_8859_1))
        .endsWith("e2b.localhost");
    String before = Files.readString(made.file());
    LocalAuthority again = LocalAuthority.open(directory.resolve("ca"), "e2b.localhost");
    assertThat(Files.readString(again.file())).isEqualTo(before);
    validate(chain(again.issue()).getFirst(), chain.getLast());
    LocalAuthority other = LocalAuthority.open(directory.resolve("ca"), "other.localhost");
    assertThat(Files.readString(other.file())).isNotEqualTo(before);
    assertThatThrownBy(() -> validate(chain(other.issue()).getFirst(), chain.getLast()))
        .isInstanceOf(CertPathValidatorException.class);
  }

  @Test
  void onlyItsOwnerReadsTheKeyAndItIsSaidWhenOthersCan() throws Exception {
    Path place = directory.resolve("ca");
    LocalAuthority made = LocalAuthority.open(place, "e2b.localhost");
    assertThat(
            PosixFilePermissions.toString(Files.getPosixFilePermissions(place.resolve("ca.key"))))
        .isEqualTo("rw-------");
    assertThat(made.issue().toString()).doesNotContain("PRIVATE");
    Files.setPosixFilePermissions(
        place.resolve("ca.key"), PosixFilePermissions.fromString("rw-r--r--"));
    assertThatThrownBy(() -> LocalAuthority.open(place, "e2b.localhost"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("others can read");
  }

  @Test
  void whatIsNoCertificateIsSaid() throws Exception {
    Path place = Files.createDirectory(directory.resolve("ca"));
    Files.writeString(place.resolve("ca.pem"), "nothing");
    Files.writeString(place.resolve("ca.key"), "nothing");
    Files.setPosixFilePermissions(
        place.resolve("ca.key"), PosixFilePermissions.fromString("rw-------"));
    assertThatThrownBy(() -> LocalAuthority.open(place, "e2b.localhost"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("remove the directory");
  }
}
