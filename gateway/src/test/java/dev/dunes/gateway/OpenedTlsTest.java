package dev.dunes.gateway;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Requests in TLS that get headers on their way: what the host sees, and what the sandbox sees. */
class OpenedTlsTest {
  private static final String HOST = "good.example";
  private static final String SECRET = "Bearer the-secret-of-the-test";

  @TempDir Path directory;
  private TestKeys host;
  private TestKeys own;
  private GatewayFixture fixture;

  @BeforeEach
  void open() throws Exception {
    host = TestKeys.of(directory, HOST);
    own = TestKeys.of(Files.createDirectory(directory.resolve("own")), HOST);
    SSLContext trust = host.client();
    fixture =
        new GatewayFixture(options ->
            options
                // loopback stands for the internet here; it is refused like any other otherwise
                .reachablePrivateNetworks(List.of("127.0.0.1/32"))
                .resolver(name -> List.of(InetAddress.ofLiteral("127.0.0.1")))
                .loopbackProxyPort(0)
                .maxHeaderBytes(8192)
                .hostIdentities(name -> own.server())
                .hostTrust(trust));
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  private static EgressPolicy setting(String allowed, String name, Map<String, String> headers) {
    return new EgressPolicy(
        List.of(allowed), List.of(new HostHeaders(name, () -> headers)), Optional.empty());
  }

  private static EgressPolicy usual() {
    return setting("*:*", HOST, Map.of("Authorization", SECRET));
  }

  private GatewayLease lease(EgressPolicy policy) {
    return fixture.lease(spec -> spec.egress(policy));
  }

  /** Answers with what came, and keeps the connection. */
  private FakeProvider echo() throws IOException {
    return FakeProvider.secure(
        host.server(),
        (asked, connection) -> FakeProvider.say(connection, 200, "text/plain", asked.all()));
  }

  /** A client in the sandbox: a tunnel, and TLS in it. */
  private SSLSocket connect(GatewayLease lease, TestKeys trusted, String name, int port)
      throws Exception {
    Socket plain = new Socket();
    plain.connect(fixture.gateway.proxyAddress().orElseThrow());
    plain.setSoTimeout(20_000);
    String token = Base64.getEncoder().encodeToString(("run:" + lease.token()).getBytes(UTF_8));
    String request =
        "CONNECT %s:%d HTTP/1.1\r\nHost: %s\r\nProxy-Authorization: Basic %s\r\n\r\n"
            .formatted(name, port, name, token);
    plain.getOutputStream().write(request.getBytes(UTF_8));
    String head = until(plain.getInputStream(), "\r\n\r\n");
    assertThat(head).startsWith("HTTP/1.1 200");
    SSLSocket secure =
        (SSLSocket) trusted.client().getSocketFactory().createSocket(plain, name, port, true);
    SSLParameters parameters = secure.getSSLParameters();
    parameters.setEndpointIdentificationAlgorithm("HTTPS");
    secure.setSSLParameters(parameters);
    return secure;
  }

  private static String until(InputStream in, String end) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    while (!bytes.toString(ISO_8859_1).endsWith(end)) {
      int each = in.read();
      if (each < 0) {
        throw new IOException("the connection ended after: " + bytes.toString(UTF_8));
      }
      bytes.write(each);
    }
    return bytes.toString(ISO_8859_1);
  }

  /** The head of an answer, and its body by its length. */
  private static String ask(SSLSocket socket, String request) throws IOException {
    socket.getOutputStream().write(request.getBytes(ISO_8859_1));
    String head = until(socket.getInputStream(), "\r\n\r\n");
    int length =
        head.lines()
            .filter(line -> line.toLowerCase(Locale.ROOT).startsWith("content-length:"))
            .mapToInt(line -> Integer.parseInt(line.substring(15).strip()))
            .findFirst()
            .orElse(0);
    return head + new String(socket.getInputStream().readNBytes(length), UTF_8);
  }

  private static String get(int port) {
    return "GET /a?b HTTP/1.1\r\nHost: %s:%d\r\nX-Own: 1\r\n\r\n".formatted(HOST, port);
  }

  @Test
  void theHostGetsTheHeadersAndTheSandboxNeverHasThem() throws Exception {
    try (FakeProvider server = echo();
        GatewayLease lease = lease(usual());
        SSLSocket socket = connect(lease, own, HOST, server.port())) {
      String echoed = ask(socket, get(server.port()));
      assertThat(echoed).startsWith("HTTP/1.1 200");
      assertThat(server.asked().all())
          .startsWith("GET /a?b HTTP/1.1\n")
          .contains("Host: %s:%d".formatted(HOST, server.port()), "X-Own: 1")
          .contains("Authorization: " + SECRET)
          .doesNotContain("Proxy-Authorization", lease.token());
      // a second one on the same connection, with a body, whose own header is replaced
      String post =
          "POST /p HTTP/1.1\r\nhost: %s:%d\r\nAUTHORIZATION: mine\r\nContent-Length: 4\r\n\r\nbody"
              .formatted(HOST, server.port());
      ask(socket, post);
      FakeProvider.Asked second = server.asked();
      assertThat(second.text()).isEqualTo("body");
      assertThat(second.all()).contains("Authorization: " + SECRET).doesNotContain("mine");
      String chunked =
          "POST /c HTTP/1.1\r\nHost: %s:%d\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
              .formatted(HOST, server.port());
      ask(socket, chunked);
      assertThat(server.asked().text()).isEqualTo("abc");
      assertThat(server.connections()).isEqualTo(1);
    }
  }

  @Test
  void otherHostsAreLeftAlone() throws Exception {
    try (FakeProvider server = echo();
        GatewayLease lease = lease(setting("*:*", "*.other.example", Map.of("X-Set", "1")));
        // the host's own certificate is seen: nobody opened it
        SSLSocket socket = connect(lease, host, HOST, server.port())) {
      assertThat(ask(socket, get(server.port()))).doesNotContain("X-Set");
    }
  }

  @Test
  void exactNamesComeFirstThenTheLongestPattern() {
    EgressPolicy policy =
        new EgressPolicy(
            List.of(),
            List.of(
                new HostHeaders("*.example", () -> Map.of()),
                new HostHeaders("*.good.example", () -> Map.of()),
                new HostHeaders("A.good.example", () -> Map.of())),
            Optional.empty());
    assertThat(found(policy, "a.good.example")).isEqualTo("A.good.example");
    assertThat(found(policy, "b.good.example")).isEqualTo("*.good.example");
    assertThat(found(policy, "good.example")).isEqualTo("*.example");
    assertThat(found(policy, "example")).isEmpty();
    assertThat(found(policy, "notgood.exampled")).isEmpty();
    for (String bad : List.of("*", "*.", "10.0.0.1", "a..b", "localhost", "a*.example")) {
      EgressPolicy wrong =
          new EgressPolicy(
              List.of(), List.of(new HostHeaders(bad, () -> Map.of())), Optional.empty());
      assertThatThrownBy(wrong::checked).as(bad).isInstanceOf(IllegalArgumentException.class);
    }
  }

  private static String found(EgressPolicy policy, String host) {
    return policy
        .byName()
        .find(dev.dunes.gateway.egress.HostName.parse(host))
        .map(HostHeaders::host)
        .orElse("");
  }

  @Test
  void aRuleAllowsNothing() throws Exception {
    try (GatewayLease lease = lease(setting("other.example", HOST, Map.of("X-Set", "1")))) {
      String token = Base64.getEncoder().encodeToString(("run:" + lease.token()).getBytes(UTF_8));
      RawClient.Answer answer =
          RawClient.exchange(
              fixture.gateway.proxySocket(),
              "CONNECT %s:443 HTTP/1.1\r\nHost: x\r\nProxy-Authorization: Basic %s\r\n\r\n"
                  .formatted(HOST, token));
      assertThat(answer.status()).isEqualTo(403);
      assertThat(answer.text()).contains("add the egress rule " + HOST);
    }
  }

  @Test
  void withoutTlsARequestIsRefused() throws Exception {
    try (FakeProvider server = FakeProvider.saying(200, "text/plain", "hello");
        GatewayLease lease = lease(usual())) {
      String token = Base64.getEncoder().encodeToString(("run:" + lease.token()).getBytes(UTF_8));
      RawClient.Answer answer =
          RawClient.exchange(
              fixture.gateway.proxySocket(),
              "GET http://%s:%d/ HTTP/1.1\r\nProxy-Authorization: Basic %s\r\n\r\n"
                  .formatted(HOST, server.port(), token));
      assertThat(answer.status()).isEqualTo(403);
      assertThat(answer.text()).contains("use https://");
      assertThat(server.connections()).isZero();
    }
  }

  @Test
  void aHostWithAnotherCertificateGetsNoSecret() throws Exception {
    TestKeys impostor = TestKeys.of(Files.createDirectory(directory.resolve("bad")), HOST);
    try (FakeProvider server =
            FakeProvider.secure(
                impostor.server(),
                (asked, connection) -> FakeProvider.say(connection, 200, "text/plain", "got it"));
        GatewayLease lease = lease(usual());
        SSLSocket socket = connect(lease, own, HOST, server.port())) {
      String answer = ask(socket, get(server.port()));
      assertThat(answer)
          .startsWith("HTTP/1.1 502")
          .contains("error=tls_certificate_error", HOST + ":" + server.port());
      assertThat(server.waiting()).isZero();
    }
  }

  @Test
  void aRequestForAnotherHostIsRefused() throws Exception {
    try (FakeProvider server = echo();
        GatewayLease lease = lease(usual());
        SSLSocket socket = connect(lease, own, HOST, server.port())) {
      assertThat(ask(socket, "GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n"))
          .startsWith("HTTP/1.1 421");
    }
    try (FakeProvider server = echo();
        GatewayLease lease = lease(usual())) {
      for (String bad :
          List.of(
              "GET / HTTP/1.1\r\n\r\n",
              "GET https://evil.example/ HTTP/1.1\r\nHost: " + HOST + "\r\n\r\n",
              "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
              "GET / HTTP/1.1\r\nHost : " + HOST + "\r\n\r\n",
              "POST / HTTP/1.1\r\nHost: "
                  + HOST
                  + "\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
              "CONNECT evil.example:443 HTTP/1.1\r\nHost: " + HOST + "\r\n\r\n")) {
        try (SSLSocket socket = connect(lease, own, HOST, server.port())) {
          assertThat(ask(socket, bad)).as(bad).startsWith("HTTP/1.1 400");
        }
      }
      try (SSLSocket socket = connect(lease, own, HOST, server.port())) {
        String huge = "GET / HTTP/1.1\r\nX: " + "x".repeat(9000) + "\r\n\r\n";
        assertThat(ask(socket, huge)).startsWith("HTTP/1.1 431");
      }
      assertThat(server.waiting()).isZero();
    }
  }

  @Test
  void whatCannotBeToldOrSentStopsTheRequest() throws Exception {
    AtomicReference<HostHeaders.Source> source = new AtomicReference<>();
    EgressPolicy policy =
        new EgressPolicy(
            List.of("*:*"),
            List.of(new HostHeaders(HOST, () -> source.get().headers())),
            Optional.empty());
    try (FakeProvider server = echo();
        GatewayLease lease = lease(policy)) {
      source.set(() -> {
        throw new HostHeaders.UnavailableException("there is no secret X");
      });
      try (SSLSocket socket = connect(lease, own, HOST, server.port())) {
        assertThat(ask(socket, get(server.port())))
            .startsWith("HTTP/1.1 502")
            .contains("there is no secret X");
      }
      source.set(() -> Map.of("X-Set", "a\r\nX-More: b"));
      try (SSLSocket socket = connect(lease, own, HOST, server.port())) {
        assertThat(ask(socket, get(server.port())))
            .startsWith("HTTP/1.1 502")
            .contains("characters that no header can have")
            .doesNotContain("X-More");
      }
      assertThat(server.waiting()).isZero();
      source.set(() -> Map.of("X-Set", "now"));
      try (SSLSocket socket = connect(lease, own, HOST, server.port())) {
        ask(socket, get(server.port()));
        source.set(() -> Map.of("X-Set", "then"));
        ask(socket, get(server.port()));
      }
      assertThat(server.asked().header("x-set")).contains("now");
      assertThat(server.asked().header("x-set")).contains("then"); // asked at each request
    }
  }

  @Test
  void streamsPassPieceByPieceAndLargeBodiesWhole() throws Exception {
    byte[] large = new byte[3_000_000];
    Arrays.fill(large, (byte) 'x');
    try (FakeProvider server =
            FakeProvider.secure(
                host.server(),
                (asked, connection) -> {
                  if (asked.line().startsWith("GET")) {
                    FakeProvider.beginStream(connection);
                    FakeProvider.chunk(connection, "first");
                    assertThat(connection.getInputStream().read()).isEqualTo('P');
                    FakeProvider.chunk(connection, "second");
                    FakeProvider.endStream(connection);
                    connection.close();
                  } else {
                    FakeProvider.say(connection, 200, "text/plain", asked.text());
                  }
                });
        GatewayLease lease = lease(usual())) {
      try (SSLSocket socket = connect(lease, own, HOST, server.port())) {
        String post =
            "POST / HTTP/1.1\r\nHost: %s:%d\r\nContent-Length: %d\r\n\r\n"
                .formatted(HOST, server.port(), large.length);
        socket.getOutputStream().write(post.getBytes(UTF_8));
        socket.getOutputStream().write(large);
        until(socket.getInputStream(), "\r\n\r\n");
        assertThat(socket.getInputStream().readNBytes(large.length)).isEqualTo(large);
      }
      try (SSLSocket socket = connect(lease, own, HOST, server.port())) {
        socket.getOutputStream().write(get(server.port()).getBytes(UTF_8));
        assertThat(until(socket.getInputStream(), "first")).contains("text/event-stream");
      }
    }
  }

  @Test
  void anotherProtocolCanBegin() throws Exception {
    try (FakeProvider server =
            FakeProvider.secure(
                host.server(),
                (asked, connection) -> {
                  FakeProvider.write(
                      connection,
                      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n");
                  connection.getOutputStream().write(connection.getInputStream().readNBytes(5));
                  connection.close();
                });
        GatewayLease lease = lease(usual());
        SSLSocket socket = connect(lease, own, HOST, server.port())) {
      String request =
          "GET / HTTP/1.1\r\nHost: %s:%d\r\nUpgrade: echo\r\nConnection: keep-alive, Upgrade\r\n\r\n"
              .formatted(HOST, server.port());
      assertThat(ask(socket, request)).startsWith("HTTP/1.1 101").contains("Upgrade: echo");
      socket.getOutputStream().write("hello".getBytes(UTF_8));
      assertThat(new String(socket.getInputStream().readNBytes(5), UTF_8)).isEqualTo("hello");
      assertThat(server.asked().all()).contains("Upgrade: echo", SECRET);
    }
  }

  @Test
  void newRulesHoldForConnectionsThatAreThere() throws Exception {
    try (FakeProvider server = echo();
        GatewayLease lease = lease(new EgressPolicy(List.of("*:*")));
        SSLSocket before = connect(lease, host, HOST, server.port())) {
      ask(before, get(server.port()));
      assertThat(server.asked().header("authorization")).isEmpty();
      lease.egress(usual());
      assertThat(end(before)).isTrue(); // it would have gone on without the headers
      try (SSLSocket opened = connect(lease, own, HOST, server.port())) {
        ask(opened, get(server.port()));
        assertThat(server.asked().header("authorization")).contains(SECRET);
        lease.egress(new EgressPolicy(List.of("*:*")));
        opened.getOutputStream().write(get(server.port()).getBytes(UTF_8));
        assertThat(end(opened)).isTrue();
      }
      lease.egress(setting("*:*", HOST, Map.of("X-Set", "1")));
      try (SSLSocket opened = connect(lease, own, HOST, server.port())) {
        ask(opened, get(server.port()));
        assertThat(server.asked().header("x-set")).contains("1");
        lease.egress(EgressPolicy.NOTHING);
        assertThat(end(opened)).isTrue();
      }
      assertThat(server.waiting()).isZero();
    }
  }

  private static boolean end(SSLSocket socket) {
    try {
      return socket.getInputStream().read() < 0;
    } catch (IOException e) {
      return true; // a reset is an end
    }
  }

  @Test
  void aGatewayWithoutCertificatesRefusesSuchRules() {
    try (GatewayFixture plain = new GatewayFixture();
        GatewayLease lease = plain.lease(spec -> spec)) {
      assertThatThrownBy(() -> plain.lease(spec -> spec.egress(usual())))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("no certificates");
      assertThatThrownBy(() -> lease.egress(usual())).isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void nothingSecretIsShown() {
    assertThat(usual().toString()).doesNotContain(SECRET);
    assertThat(new SocksProxy("a.example:1", Optional.of(new SocksProxy.Login("u", "pass-word"))))
        .asString()
        .doesNotContain("pass-word");
  }
}
