package dev.dunes.agent.install;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import dev.dunes.agent.AgentException;
import dev.dunes.agent.AgentSettings;
import dev.dunes.agent.InstallProgress;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Through a proxy, with a certificate authority that Java does not know. */
final class ProxyTest {
  private static final byte[] GOOD = Tgz.program("9.9.9 (Claude Code)").bytes();
  private static final Pin PIN = Tgz.pin("9.9.9", GOOD);
  private static final PinnedPackage PACKAGE = Tgz.only(PIN);
  private static final char[] PASSWORD = "changeit".toCharArray();

  @TempDir private Path directory;

  @Test
  void aPrivateAuthorityIsTrustedWhenTheEnvironmentNamesIt() throws Exception {
    try (FakeRegistry registry = secure()) {
      AgentException e =
          catchThrowableOfType(
              AgentException.class,
              () -> install(settings(Map.of("DUNES_NPM_REGISTRY", address(registry)))));
      assertThat(e).hasMessageContaining("cannot fetch");

      for (String variable : List.of("NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE")) {
        Files.deleteIfExists(directory.resolve("agents/claude/9.9.9/.dunes-installed.json"));
        install(
            settings(
                Map.of(
                    "DUNES_NPM_REGISTRY",
                    address(registry),
                    variable,
                    directory.resolve("ca.pem").toString())));
        assertThat(directory.resolve("agents/claude/9.9.9/.dunes-installed.json")).exists();
      }
    }
  }

  @Test
  void aProxyWithNameAndPasswordLeadsToASecureRegistry() throws Exception {
    try (FakeRegistry registry = secure();
        TunnelProxy proxy = new TunnelProxy()) {
      // In a process of its own: Java's client decides once whether passwords go through tunnels.
      ProcessBuilder other =
          new ProcessBuilder(
              Path.of(System.getProperty("java.home"), "bin", "java").toString(),
              "-XX:TieredStopAtLevel=1",
              "-cp",
              System.getProperty("java.class.path"),
              InstallElsewhereTest.Main.class.getName(),
              directory.resolve("agents").toString(),
              address(registry),
              "NODE_EXTRA_CA_CERTS=" + directory.resolve("ca.pem"),
              "https_proxy=http://us%65r:p%40ss@127.0.0.1:" + proxy.port());
      Process process = other.redirectErrorStream(true).start();
      String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(process.waitFor()).as(said).isZero();
      assertThat(directory.resolve("agents/claude/9.9.9/claude")).exists();

      assertThat(proxy.tunnels)
          .isNotEmpty()
          .allMatch(t -> t.equals("localhost:" + registry.port()));
      String expected =
          Base64.getEncoder().encodeToString("user:p@ss".getBytes(StandardCharsets.UTF_8));
      assertThat(proxy.credentials).contains("Basic " + expected);
    }
  }

  @Test
  void hostsThatNoProxyNamesAreAskedDirectly() throws Exception {
    try (FakeRegistry registry = new FakeRegistry().with(PACKAGE, GOOD);
        TunnelProxy proxy = new TunnelProxy()) {
      String there = "http://127.0.0.1:" + proxy.port();
      install(
          settings(
              Map.of(
                  "DUNES_NPM_REGISTRY",
                  registry.address(),
                  "HTTP_PROXY",
                  there,
                  "NO_PROXY",
                  "example.test, 127.0.0.1")));

      assertThat(proxy.tunnels).isEmpty();
      assertThat(registry.requests).hasSize(2);
    }
  }

  private void install(AgentSettings settings) {
    new AgentInstaller(
            settings, new RegistryClient.Limits(Duration.ofSeconds(20), Duration.ofMillis(1)))
        .install(PIN, InstallProgress.SILENT);
  }

  private AgentSettings settings(Map<String, String> environment) {
    AgentSettings settings =
        new AgentSettings(
            Map.of("DUNES_AGENTS", directory.resolve("agents").toString()), directory, directory);
    for (Map.Entry<String, String> each : environment.entrySet()) {
      settings = settings.with(each.getKey(), each.getValue());
    }
    return settings;
  }

  private static String address(FakeRegistry registry) {
    return "https://localhost:" + registry.port() + "/";
  }

  /** A registry with a certificate that its own authority signed: itself. */
  private FakeRegistry secure() throws Exception {
    Path store = directory.resolve("registry.p12");
    keytool(
        "-genkeypair",
        "-alias",
        "r",
        "-keyalg",
        "EC",
        "-dname",
        "CN=localhost",
        "-ext",
        "san=dns:localhost,ip:127.0.0.1",
        "-keystore",
        store.toString(),
        "-storetype",
        "PKCS12",
        "-storepass",
        new String(PASSWORD));
    keytool(
        "-exportcert",
        "-rfc",
        "-alias",
        "r",
        "-keystore",
        store.toString(),
        "-storepass",
        new String(PASSWORD),
        "-file",
        directory.resolve("ca.pem").toString());
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(store)) {
      keys.load(in, PASSWORD);
    }
    KeyManagerFactory managers =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    managers.init(keys, PASSWORD);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(managers.getKeyManagers(), null, null);
    HttpsServer server = HttpsServer.create();
    server.setHttpsConfigurator(new HttpsConfigurator(context));
    FakeRegistry registry = new FakeRegistry(server);
    return registry
        .metadata(
            PACKAGE,
            PACKAGE.integrity().toString(),
            address(registry) + "files/claude-test-9.9.9.tgz")
        .at("/files/claude-test-9.9.9.tgz", exchange -> FakeRegistry.answer(exchange, 200, GOOD));
  }

  private static void keytool(String... arguments) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    command.add("-J-XX:TieredStopAtLevel=1");
    command.addAll(List.of(arguments));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(said).isZero();
  }

  /** A proxy that wants a name and a password and makes tunnels. */
  private static final class TunnelProxy implements AutoCloseable {
    final List<String> tunnels = new CopyOnWriteArrayList<>();
    final List<String> credentials = new CopyOnWriteArrayList<>();
    private final ServerSocket server;

    TunnelProxy() throws IOException {
      server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
      Thread.ofVirtual().start(this::accept);
    }

    int port() {
      return server.getLocalPort();
    }

    private void accept() {
      while (!server.isClosed()) {
        try {
          Socket client = server.accept();
          Thread.ofVirtual().start(() -> serve(client));
        } catch (IOException e) {
          return; // closed
        }
      }
    }

    private void serve(Socket client) {
      try (client) {
        BufferedReader in =
            new BufferedReader(
                new InputStreamReader(client.getInputStream(), StandardCharsets.ISO_8859_1), 1);
        OutputStream out = client.getOutputStream();
        while (true) {
          String request = in.readLine();
          if (request == null) {
            return;
          }
          String given = "";
          for (String line = in.readLine(); line != null && !line.isEmpty(); line = in.readLine()) {
            if (line.regionMatches(true, 0, "proxy-authorization:", 0, 20)) {
              given = line.substring(20).strip();
            }
          }
          if (given.isEmpty()) {
            out.write(
                ("HTTP/1.1 407 Proxy Authentication Required\r\n"
                        + "Proxy-Authenticate: Basic realm=\"p\"\r\nContent-Length: 0\r\n\r\n")
                    .getBytes(StandardCharsets.ISO_8859_1));
            continue;
          }
          credentials.add(given);
          String target = request.split(" ")[1];
          tunnels.add(target);
          int colon = target.lastIndexOf(':');
          try (Socket there =
              new Socket(
                  target.substring(0, colon), Integer.parseInt(target.substring(colon + 1)))) {
            out.write(
                "HTTP/1.1 200 Connection established\r\n\r\n"
                    .getBytes(StandardCharsets.ISO_8859_1));
            Thread back = Thread.ofVirtual().start(() -> copy(there, client));
            copy(client, there);
            back.join();
          }
          return;
        }
      } catch (IOException e) {
        // the client left
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    private static void copy(Socket from, Socket to) {
      try {
        from.getInputStream().transferTo(to.getOutputStream());
        to.shutdownOutput();
      } catch (IOException e) {
        // one side left; the other sees its end
      }
    }

    @Override
    public void close() throws IOException {
      server.close();
    }
  }
}
