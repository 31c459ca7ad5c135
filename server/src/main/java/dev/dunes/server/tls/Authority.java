package dev.dunes.server.tls;

import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.math.BigInteger;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Date;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.GeneralSubtree;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.asn1.x509.NameConstraints;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.jcajce.JcaPEMKeyConverter;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.openssl.jcajce.JcaPKCS8Generator;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.util.io.pem.PemObjectGenerator;

/**
 * A certificate authority that is made once and kept in a directory; only its owner can read the
 * key. RFC 5280.
 */
final class Authority {
  private static final String CERTIFICATE = "ca.pem";
  private static final String KEY = "ca.key";
  private static final Duration YEARS = Duration.ofDays(3650);

  /** How long what it signs is good. */
  static final Duration LEAF = Duration.ofDays(90);

  private static final Duration CLOCKS_DIFFER = Duration.ofHours(1);
  private static final Set<PosixFilePermission> OWNER =
      PosixFilePermissions.fromString("rw-------");
  private static final SecureRandom RANDOM = new SecureRandom();

  private final Path directory;
  private final X509Certificate certificate;
  private final PrivateKey key;

  /** Of a server, the certificates with the leaf first. */
  record Identity(List<X509Certificate> chain, PrivateKey key) {
    /** Never shows the key. */
    @Override
    public String toString() {
      return "Identity[]";
    }
  }

  private record Pair(X509Certificate certificate, PrivateKey key) {}

  private Authority(Path directory, Pair pair) {
    this.directory = directory;
    this.certificate = pair.certificate();
    this.key = pair.key();
  }

  /**
   * The authority of a directory, made when there is none, or when it is another one or has run
   * out.
   *
   * @param title what it is called
   * @param domain the only one it can sign for, with all names below; any when empty
   * @throws IOException when it cannot be read or kept, or when others can read its key
   */
  static Authority open(Path directory, String title, Optional<String> domain) throws IOException {
    Files.createDirectories(
        directory,
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    try (FileChannel lock =
            FileChannel.open(
                directory.resolve("lock"),
                EnumSet.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE),
                PosixFilePermissions.asFileAttribute(OWNER));
        FileLock _ = lock.lock()) {
      if (Files.exists(directory.resolve(KEY)) && Files.exists(directory.resolve(CERTIFICATE))) {
        Pair kept = read(directory);
        if (serves(kept.certificate(), title)) {
          return new Authority(directory, kept);
        }
      }
      Pair fresh = make(title, domain);
      write(directory.resolve(KEY), pem(fresh.key()));
      write(directory.resolve(CERTIFICATE), pem(fresh.certificate()));
      return new Authority(directory, fresh);
    } catch (GeneralSecurityException | OperatorCreationException e) {
      throw new IOException("cannot make certificates: " + e.getMessage(), e);
    }
  }

  /** The file that clients are to trust. */
  Path file() {
    return directory.resolve(CERTIFICATE);
  }

  private static boolean serves(X509Certificate certificate, String title) {
    return certificate.getSubjectX500Principal().getName().equals(name(title).toString())
        && certificate.getNotAfter().toInstant().isAfter(Instant.now().plus(LEAF));
  }

  private static X500Name name(String title) {
    return new X500Name("CN=" + title);
  }

  private static Pair make(String title, Optional<String> domain)
      throws GeneralSecurityException, OperatorCreationException, IOException {
    KeyPair pair = pair();
    X509v3CertificateBuilder builder =
        new JcaX509v3CertificateBuilder(
            name(title), serial(), since(), until(YEARS), name(title), pair.getPublic());
    builder
        .addExtension(Extension.basicConstraints, true, new BasicConstraints(0))
        .addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign))
        .addExtension(
            Extension.subjectKeyIdentifier,
            false,
            new JcaX509ExtensionUtils().createSubjectKeyIdentifier(pair.getPublic()));
    if (domain.isPresent()) {
      GeneralSubtree[] below = {
        new GeneralSubtree(new GeneralName(GeneralName.dNSName, domain.get()))
      };
      builder.addExtension(Extension.nameConstraints, true, new NameConstraints(below, null));
    }
    return new Pair(sign(builder, pair.getPrivate()), pair.getPrivate());
  }

  /**
   * A new identity for servers of these names, for {@link #LEAF}.
   *
   * @param title what the certificate is called
   */
  Identity issue(String title, List<String> names) {
    try {
      KeyPair pair = pair();
      JcaX509ExtensionUtils ids = new JcaX509ExtensionUtils();
      X509v3CertificateBuilder builder =
          new JcaX509v3CertificateBuilder(
              X500Name.getInstance(certificate.getSubjectX500Principal().getEncoded()),
              serial(),
              since(),
              until(LEAF),
              name(title),
              pair.getPublic());
      builder
          .addExtension(Extension.basicConstraints, true, new BasicConstraints(false))
          .addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature))
          .addExtension(
              Extension.extendedKeyUsage,
              false,
              new ExtendedKeyUsage(KeyPurposeId.id_kp_serverAuth))
          .addExtension(
              Extension.authorityKeyIdentifier,
              false,
              ids.createAuthorityKeyIdentifier(certificate.getPublicKey()))
          .addExtension(
              Extension.subjectAlternativeName,
              false,
              new GeneralNames(
                  names.stream()
                      .map(name -> new GeneralName(GeneralName.dNSName, name))
                      .toArray(GeneralName[]::new)));
      return new Identity(List.of(sign(builder, key), certificate), pair.getPrivate());
    } catch (GeneralSecurityException | OperatorCreationException | IOException e) {
      throw new IllegalStateException("cannot make a certificate for " + title, e);
    }
  }

  private static KeyPair pair() throws GeneralSecurityException {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec("secp256r1"), RANDOM);
    return generator.generateKeyPair();
  }

  private static BigInteger serial() {
    return new BigInteger(127, RANDOM).setBit(126);
  }

  private static Date since() {
    return Date.from(Instant.now().minus(CLOCKS_DIFFER).truncatedTo(ChronoUnit.SECONDS));
  }

  private static Date until(Duration span) {
    return Date.from(Instant.now().plus(span).truncatedTo(ChronoUnit.SECONDS));
  }

  private static X509Certificate sign(X509v3CertificateBuilder builder, PrivateKey key)
      throws GeneralSecurityException, OperatorCreationException {
    X509CertificateHolder signed =
        builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(key));
    return new JcaX509CertificateConverter().getCertificate(signed);
  }

  private static Pair read(Path directory) throws IOException, GeneralSecurityException {
    Path file = directory.resolve(KEY);
    Set<PosixFilePermission> may = Files.getPosixFilePermissions(file);
    if (!OWNER.containsAll(may)) {
      throw new IOException(
          "others can read %s, the key of an authority: remove the directory, so that a new one is made, and trust that"
              .formatted(file));
    }
    Object certificate = parse(directory.resolve(CERTIFICATE));
    Object key = parse(file);
    if (certificate instanceof X509CertificateHolder holder && key instanceof PrivateKeyInfo info) {
      return new Pair(
          new JcaX509CertificateConverter().getCertificate(holder),
          new JcaPEMKeyConverter().getPrivateKey(info));
    }
    throw new IOException(
        "%s and %s are no certificate and key: remove the directory, so that new ones are made"
            .formatted(directory.resolve(CERTIFICATE), file));
  }

  private static Object parse(Path file) throws IOException {
    try (PEMParser parser = new PEMParser(new StringReader(Files.readString(file)))) {
      Object object = parser.readObject();
      return object == null ? "nothing" : object;
    }
  }

  static String pem(Object object) throws IOException {
    StringWriter text = new StringWriter();
    try (JcaPEMWriter writer = new JcaPEMWriter(text)) {
      if (object instanceof PrivateKey key) {
        PemObjectGenerator plain = new JcaPKCS8Generator(key, null);
        writer.writeObject(plain);
      } else {
        writer.writeObject(object);
      }
    }
    return text.toString();
  }

  /** Whole or not at all; never readable by others, not even for a moment. */
  private static void write(Path file, String text) throws IOException {
    Path part =
        Files.createTempFile(
            file.getParent(), ".new", ".pem", PosixFilePermissions.asFileAttribute(OWNER));
    try {
      Files.write(part, text.getBytes(StandardCharsets.US_ASCII));
      Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(part);
    }
  }
}
