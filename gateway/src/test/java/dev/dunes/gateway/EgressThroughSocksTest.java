package dev.dunes.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A sandbox's connections through a SOCKS5 proxy: what is asked of it, and what never is. */
class EgressThroughSocksTest {
  private static final String LOGIN = "user:pass-word";

  private final GatewayFixture fixture =
      new GatewayFixture(options ->
          options
              .reachablePrivateNetworks(List.of("127.0.0.1/32"))
              .requestTimeout(Duration.ofMillis(500))
              .connectTimeout(Duration.ofMillis(500))
              .resolver(EgressThroughSocksTest::resolve));

  /** The name of the proxy only: all others are looked up by the proxy. */
  private static List<InetAddress> resolve(String host) throws UnknownHostException {
    return switch (host) {
      case "proxy.example" -> List.of(InetAddress.ofLiteral("127.0.0.1"));
      case "inside.example" -> List.of(InetAddress.ofLiteral("10.0.0.1"));
      default -> throw new UnknownHostException(host);
    };
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  private static EgressPolicy via(String address, Optional<SocksProxy.Login> login) {
    return new EgressPolicy(
        List.of("*:*", "10.0.0.0/8", "9.9.9.9:*"),
        List.of(),
        Optional.of(new SocksProxy(address, login)));
  }

  private GatewayLease lease(String address, Optional<SocksProxy.Login> login) {
    return fixture.lease(spec -> spec.egress(via(address, login)));
  }

  private GatewayLease lease(FakeSocks socks) {
    return lease("proxy.example:" + socks.port(), Optional.empty());
  }

  private static String auth(GatewayLease lease) {
    return "Proxy-Authorization: Basic "
        + Base64.getEncoder().encodeToString(("run:" + lease.token()).getBytes(UTF_8))
        + "\r\n";
  }

  private static String get(GatewayLease lease, String host, int port) {
    return "GET http://%s:%d/a HTTP/1.1\r\n%s\r\n".formatted(host, port, auth(lease));
  }

  private RawClient.Answer ask(String request) throws IOException {
    return RawClient.exchange(fixture.gateway.proxySocket(), request);
  }

  @Test
  void theJdksOwnClientIsServedByTheProxyOfThisTest() throws Exception {
    try (FakeProvider server = FakeProvider.saying(200, "text/plain", "hello");
        FakeSocks socks = new FakeSocks(Optional.empty(), 0);
        Socket client =
            new Socket(
                new Proxy(Proxy.Type.SOCKS, new InetSocketAddress("127.0.0.1", socks.port())))) {
      client.connect(InetSocketAddress.createUnresolved("any.example", server.port()));
      assertThat(socks.asked()).isEqualTo("name any.example:" + server.port());
      client.getOutputStream().write("GET / HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(UTF_8));
      assertThat(new String(client.getInputStream().readNBytes(12), UTF_8))
          .isEqualTo("HTTP/1.1 200");
    }
  }

  @Test
  void namesGoToTheProxyAsTheyAre() throws Exception {
    try (FakeProvider server = FakeProvider.saying(200, "text/plain", "hello");
        FakeSocks socks = new FakeSocks(Optional.of(LOGIN), 0);
        GatewayLease lease =
            lease(
                "proxy.example:" + socks.port(),
                Optional.of(new SocksProxy.Login("user", "pass-word")))) {
      assertThat(ask(get(lease, "far.example", server.port())).text()).isEqualTo("hello");
      assertThat(socks.asked()).isEqualTo("name far.example:" + server.port());
      assertThat(ask(get(lease, "9.9.9.9", server.port())).text()).isEqualTo("hello");
      assertThat(socks.asked()).isEqualTo("address 9.9.9.9:" + server.port());
      try (RawClient client = fixture.proxyClient()) {
        client.send(
            "CONNECT far.example:%d HTTP/1.1\r\nHost: x\r\n%s\r\n"
                .formatted(server.port(), auth(lease)));
        assertThat(client.until("\r\n\r\n")).startsWith("HTTP/1.1 200");
        client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        assertThat(client.answer().text()).isEqualTo("hello");
      }
      assertThat(server.asked().all()).doesNotContain("pass-word", lease.token());
    }
  }

  @Test
  void addressesInsideStayRefused() throws Exception {
    try (FakeSocks socks = new FakeSocks(Optional.empty(), 0);
        GatewayLease lease = lease(socks)) {
      RawClient.Answer answer = ask(get(lease, "10.0.0.1", 80));
      assertThat(answer.status()).isEqualTo(403);
      assertThat(answer.text()).contains("its address is private");
      assertThat(socks.waiting()).isZero();
    }
    try (GatewayLease lease = lease("inside.example:1080", Optional.empty())) {
      RawClient.Answer answer = ask(get(lease, "far.example", 80));
      assertThat(answer.status()).isEqualTo(403);
      assertThat(answer.text()).contains("inside.example:1080", "its address is private");
    }
  }

  @Test
  void whatGoesWrongAtTheProxyIsSaidAndNothingGoesPastIt() throws Exception {
    try (FakeSocks socks = new FakeSocks(Optional.empty(), 2);
        GatewayLease lease = lease(socks)) {
      RawClient.Answer answer = ask(get(lease, "far.example", 80));
      assertThat(answer.status()).isEqualTo(502);
      assertThat(answer.text()).contains("far.example:80", "not allowed by its rules");
    }
    try (FakeSocks socks = new FakeSocks(Optional.of(LOGIN), 0);
        GatewayLease none = lease(socks);
        GatewayLease wrong =
            lease(
                "proxy.example:" + socks.port(),
                Optional.of(new SocksProxy.Login("user", "not-that")))) {
      assertThat(ask(get(none, "far.example", 80)).text())
          .contains("asks for a user name and password");
      assertThat(ask(get(wrong, "far.example", 80)).text())
          .contains("refuses the user name and password")
          .doesNotContain("not-that");
    }
    try (FakeProvider http = FakeProvider.saying(200, "text/plain", "hello");
        GatewayLease lease = lease("proxy.example:" + http.port(), Optional.empty());
        RawClient client = fixture.proxyClient()) {
      client.send(get(lease, "far.example", 80));
      assertThat(new String(client.toEnd(), UTF_8)).doesNotContain("hello"); // no SOCKS there
    }
    try (ServerSocket silent = new ServerSocket(0, 5, InetAddress.ofLiteral("127.0.0.1"));
        GatewayLease lease = lease("proxy.example:" + silent.getLocalPort(), Optional.empty());
        RawClient client = fixture.proxyClient()) {
      client.send(get(lease, "far.example", 80));
      assertThat(new String(client.toEnd(), UTF_8)).doesNotContain("200 OK"); // it ends in time
    }
    int free;
    try (ServerSocket gone = new ServerSocket(0, 5, InetAddress.ofLiteral("127.0.0.1"))) {
      free = gone.getLocalPort();
    }
    try (GatewayLease lease = lease("proxy.example:" + free, Optional.empty())) {
      assertThat(ask(get(lease, "far.example", 80)).status()).isEqualTo(502);
    }
  }

  @Test
  void anotherProxyEndsWhatTheOldOneCarries() throws Exception {
    try (FakeProvider server = FakeProvider.saying(200, "text/plain", "hello");
        FakeSocks socks = new FakeSocks(Optional.empty(), 0);
        GatewayLease lease = lease(socks);
        RawClient client = fixture.proxyClient()) {
      client.send(
          "CONNECT far.example:%d HTTP/1.1\r\nHost: x\r\n%s\r\n"
              .formatted(server.port(), auth(lease)));
      assertThat(client.until("\r\n\r\n")).startsWith("HTTP/1.1 200");
      lease.egress(via("proxy.example:1", Optional.empty()));
      assertThat(client.toEnd()).isEmpty();
    }
  }

  @Test
  void addressesThatCannotBeAreRefused() {
    for (String bad : List.of("", "proxy.example", "proxy.example:0", "a@b:1", "http://a:1")) {
      assertThatThrownBy(() -> new SocksProxy(bad, Optional.empty()))
          .as(bad)
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertThatThrownBy(() -> new SocksProxy.Login("u".repeat(256), ""))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
