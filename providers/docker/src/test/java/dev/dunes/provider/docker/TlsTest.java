package dev.dunes.provider.docker;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunes.sandbox.ProviderException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLServerSocket;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A daemon that wants to know who asks, with certificates as Docker's documentation makes them. */
class TlsTest {
  @TempDir static Path directory;

  @BeforeAll
  static void makeCertificates() throws Exception {
    authority("ca");
    authority("other");
    certificate("server", "ca", "subjectAltName=IP:127.0.0.1", "-newkey", "rsa:2048");
    certificate("rsa", "ca", "subjectAltName=DNS:client", "-newkey", "rsa:2048");
    certificate(
        "ec",
        "ca",
        "subjectAltName=DNS:client",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256");
    certificate("stranger", "other", "subjectAltName=DNS:client", "-newkey", "rsa:2048");
    // the form `openssl genrsa` had before version 3
    Path old = copy("rsa", "pkcs1");
    openssl("rsa", "-traditional", "-in", old + "/key.pem", "-out", old + "/key.old");
    Files.move(
        old.resolve("key.old"),
        old.resolve("key.pem"),
        java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    assertThat(old.resolve("key.pem")).content().contains("BEGIN RSA PRIVATE KEY");
    Path mistrusting = copy("rsa", "mistrusting");
    Files.copy(
        directory.resolve("other.pem"),
        mistrusting.resolve("ca.pem"),
        java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    Path keyless = copy("rsa", "keyless");
    Files.delete(keyless.resolve("key.pem"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"rsa", "ec", "pkcs1"})
  void knowsAndIsKnown(String client) throws IOException {
    try (SSLServerSocket server = listen()) {
      assertThat(engine(client, "127.0.0.1", server).get("/info").ok()).isTrue();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"stranger", "mistrusting", "keyless", "nothing"})
  void strangersAreRefused(String client) throws IOException {
    try (SSLServerSocket server = listen()) {
      assertThatThrownBy(() -> engine(client, "127.0.0.1", server).get("/info"))
          .isInstanceOf(ProviderException.class);
    }
  }

  @Test
  void aCertificateOfAnotherHostIsRefused() throws IOException {
    try (SSLServerSocket server = listen()) {
      assertThatThrownBy(() -> engine("rsa", "localhost", server).get("/info"))
          .isInstanceOf(ProviderException.class)
          .hasMessageContaining("localhost");
    }
  }

  private static Engine engine(String client, String host, SSLServerSocket server) {
    return new Engine(
        new DaemonAddress.Tcp(host, server.getLocalPort(), Optional.of(directory.resolve(client))));
  }

  private static SSLServerSocket listen() throws IOException {
    SSLServerSocket server =
        (SSLServerSocket)
            TlsFiles.context(directory.resolve("server"))
                .getServerSocketFactory()
                .createServerSocket(0, 10, InetAddress.getByName("127.0.0.1"));
    server.setNeedClientAuth(true);
    Thread.ofVirtual().start(() -> answerAll(server));
    return server;
  }

  private static void answerAll(SSLServerSocket server) {
    while (!server.isClosed()) {
      try (Socket connection = server.accept()) {
        if (connection.getInputStream().read(new byte[1000]) > 0) {
          connection
              .getOutputStream()
              .write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}".getBytes(ISO_8859_1));
        }
      } catch (IOException e) {
        continue; // a stranger, or the end of the test
      }
    }
  }

  private static void authority(String name) throws Exception {
    openssl(
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=" + name,
        "-keyout",
        directory.resolve(name + ".key").toString(),
        "-out",
        directory.resolve(name + ".pem").toString());
  }

  private static void certificate(String name, String authority, String names, String... key)
      throws Exception {
    Path home = Files.createDirectory(directory.resolve(name));
    Files.copy(directory.resolve(authority + ".pem"), home.resolve("ca.pem"));
    List<String> line =
        new java.util.ArrayList<>(
            List.of(
                "req",
                "-x509",
                "-nodes",
                "-days",
                "2",
                "-subj",
                "/CN=" + name,
                "-CA",
                directory.resolve(authority + ".pem").toString(),
                "-CAkey",
                directory.resolve(authority + ".key").toString(),
                "-addext",
                names,
                "-addext",
                "basicConstraints=CA:FALSE",
                "-keyout",
                home.resolve("key.pem").toString(),
                "-out",
                home.resolve("cert.pem").toString()));
    line.addAll(List.of(key));
    openssl(line.toArray(String[]::new));
  }

  private static Path copy(String from, String to) throws IOException {
    Path home = Files.createDirectory(directory.resolve(to));
    for (String file : List.of("ca.pem", "cert.pem", "key.pem")) {
      Files.copy(directory.resolve(from).resolve(file), home.resolve(file));
    }
    return home;
  }

  private static void openssl(String... arguments) throws Exception {
    List<String> line = new java.util.ArrayList<>(List.of("openssl"));
    line.addAll(List.of(arguments));
    Process process = new ProcessBuilder(line).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readNBytes(10_000), ISO_8859_1);
    assertThat(process.waitFor()).as(said).isZero();
  }
}
