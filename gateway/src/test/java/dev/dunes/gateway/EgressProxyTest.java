package dev.dunes.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The proxy to hosts: what it lets through, what it refuses, and what it says then. */
class EgressProxyTest {
  private static final InetAddress LOOPBACK = InetAddress.ofLiteral("127.0.0.1");

  /** Names of the test, and where they lead. */
  private static final Map<String, List<InetAddress>> NAMES =
      Map.of(
          "good.example", List.of(LOOPBACK),
          "other.example", List.of(LOOPBACK),
          "inside.example", List.of(InetAddress.ofLiteral("10.0.0.1")),
          "metadata.example", List.of(InetAddress.ofLiteral("169.254.169.254")),
          "mixed.example", List.of(InetAddress.ofLiteral("10.0.0.1"), LOOPBACK),
          "mapped.example", List.of(InetAddress.ofLiteral("fd00::1")));

  private final AtomicInteger lookups = new AtomicInteger();
  private final GatewayFixture fixture =
      new GatewayFixture(options ->
          options
              // loopback stands for the internet here; it is refused like any other otherwise
              .reachablePrivateNetworks(List.of("127.0.0.1/32"))
              .maxHeaderBytes(8192)
              .maxConnectionsPerRun(2)
              .requestTimeout(Duration.ofMillis(400))
              .connectTimeout(Duration.ofMillis(600))
              .proxyIdleTimeout(Duration.ofMillis(1500))
              .resolver(this::resolve));

  private List<InetAddress> resolve(String host) throws UnknownHostException {
    lookups.incrementAndGet();
    if (!NAMES.containsKey(host)) {
      throw new UnknownHostException(host);
    }
    return NAMES.get(host);
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  private GatewayLease lease(String... allowed) {
    return fixture.lease(spec -> spec.egress(new EgressPolicy(List.of(allowed))));
  }

  private static String auth(GatewayLease lease) {
    return "Proxy-Authorization: Basic "
        + Base64.getEncoder().encodeToString(("run:" + lease.token()).getBytes(UTF_8))
        + "\r\n";
  }

  private static String connect(GatewayLease lease, String authority) {
    return "CONNECT "
        + authority
        + " HTTP/1.1\r\nHost: "
        + authority
        + "\r\n"
        + auth(lease)
        + "\r\n";
  }

  private RawClient.Answer ask(String request) throws IOException {
    return RawClient.exchange(fixture.gateway.proxySocket(), request);
  }

  /** Answers with what came. */
  private static FakeProvider echo() throws IOException {
    return FakeProvider.answering(
        (asked, connection) -> FakeProvider.say(connection, 200, "text/plain", asked.all()));
  }

  @Test
  void aTunnelPassesBytesBothWays() throws Exception {
    try (FakeProvider server = echo();
        GatewayLease lease = lease("good.example:" + server.port());
        RawClient client = fixture.proxyClient()) {
      // the first bytes may come together with the request
      client.send(
          connect(lease, "good.example:" + server.port()) + "GET /a HTTP/1.1\r\nHost: x\r\n");
      assertThat(client.until("\r\n\r\n")).startsWith("HTTP/1.1 200");
      client.send("X-B: c\r\n\r\n");
      RawClient.Answer answer = client.answer();
      assertThat(answer.text()).startsWith("GET /a HTTP/1.1\nHost: x\nX-B: c");
      assertThat(answer.text()).doesNotContain("Proxy-Authorization").doesNotContain(lease.token());
      client.close();
      GatewayEvent.HostConnected event = fixture.event(GatewayEvent.HostConnected.class);
      assertThat(event.host()).isEqualTo("good.example");
      assertThat(event.port()).isEqualTo(server.port());
      assertThat(event.bytesIn()).isPositive();
      assertThat(event.bytesOut()).isPositive();
    }
  }

  @Test
  void anEndInOneDirectionLeavesTheOther() throws Exception {
    try (FakeProvider server =
            FakeProvider.answering((asked, connection) -> {
              assertThat(connection.getInputStream().read()).isEqualTo(-1); // our end came
              FakeProvider.write(connection, "still here");
              connection.close();
            });
        GatewayLease lease = lease("good.example:" + server.port());
        RawClient client = fixture.proxyClient()) {
      client.send(connect(lease, "good.example:" + server.port()));
      client.until("\r\n\r\n");
      client.send("GET / HTTP/1.1\r\n\r\n");
      client.endOutput();
      assertThat(new String(client.toEnd(), UTF_8)).isEqualTo("still here");
    }
  }

  @Test
  void whatNoRuleNamesIsRefusedAtOnceWithTheRule() throws Exception {
    try (GatewayLease lease = lease("good.example")) {
      RawClient.Answer answer = ask(connect(lease, "Evil.Example.:8443"));
      assertThat(answer.status()).isEqualTo(403);
      assertThat(answer.header("x-dunes-egress-rule")).isEqualTo("evil.example:8443");
      assertThat(answer.header("proxy-status")).isEqualTo("dunes; error=http_request_denied");
      assertThat(answer.text())
          .isEqualTo(
              "evil.example:8443 is refused: no egress rule names it; to allow it, add the egress rule"
                  + " evil.example:8443\n");
      GatewayEvent.HostRefused event = fixture.event(GatewayEvent.HostRefused.class);
      assertThat(event.host()).isEqualTo("evil.example");
      assertThat(event.port()).isEqualTo(8443);
      assertThat(event.rule()).contains("evil.example:8443");
      assertThat(event.runId()).isEqualTo("run00001");
      assertThat(lookups).hasValue(0); // not even its name is asked for
    }
  }

  @Test
  void theRuleOfARefusalLetsItPass() throws Exception {
    try (FakeProvider server = echo();
        GatewayLease lease = lease()) {
      String request = connect(lease, "good.example:" + server.port());
      RawClient.Answer refused = ask(request);
      assertThat(refused.status()).isEqualTo(403);
      lease.egress(new EgressPolicy(List.of(refused.header("x-dunes-egress-rule"))));
      try (RawClient client = fixture.proxyClient()) {
        client.send(request);
        assertThat(client.until("\r\n\r\n")).startsWith("HTTP/1.1 200");
        lease.egress(new EgressPolicy(List.of("good.example:*")));
        client.send("GET /a HTTP/1.1\r\nHost: x\r\n\r\n");
        assertThat(client.answer().text()).startsWith("GET /a"); // what is still allowed goes on
      }
      try (RawClient client = fixture.proxyClient()) {
        client.send(request);
        client.until("\r\n\r\n");
        lease.egress(EgressPolicy.NOTHING);
        assertThat(client.toEnd()).isEmpty(); // what is not is ended
      }
      assertThat(ask(request).status()).isEqualTo(403);
      assertThatThrownBy(() -> lease.egress(new EgressPolicy(List.of("no rule at all"))))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void namesThatLeadInsideAreRefusedAfterTheLookup() throws Exception {
    try (GatewayLease lease =
        lease("*", "*:*", "10.0.0.1", "169.254.169.254", "[::1]", "127.0.0.2")) {
      for (String host :
          List.of(
              "inside.example:443",
              "metadata.example:80",
              "mapped.example:443",
              "10.0.0.1:443",
              "169.254.169.254:80",
              "[::1]:443",
              "[::ffff:169.254.169.254]:80",
              "[::ffff:10.0.0.1]:443",
              "127.0.0.2:80")) {
        RawClient.Answer answer = ask(connect(lease, host));
        assertThat(answer.status()).as(host).isEqualTo(403);
        assertThat(answer.header("proxy-status")).contains("destination_ip_prohibited");
        assertThat(answer.header("x-dunes-egress-rule")).isEmpty();
        GatewayEvent.HostRefused event = fixture.event(GatewayEvent.HostRefused.class);
        assertThat(event.rule()).isEmpty();
        assertThat(event.reason()).startsWith("its address is");
      }
    }
  }

  @Test
  void onlyTheCheckedAddressesAreUsed() throws Exception {
    try (FakeProvider server = echo();
        GatewayLease lease = lease("mixed.example:" + server.port());
        RawClient client = fixture.proxyClient()) {
      client.send(connect(lease, "mixed.example:" + server.port()));
      assertThat(client.until("\r\n\r\n")).startsWith("HTTP/1.1 200"); // by its other address
      assertThat(lookups).hasValue(1); // and was not looked up again for the connection
    }
  }

  @Test
  void hostsWrittenOddlyAreRefused() throws Exception {
    try (GatewayLease lease = lease("*", "*:*")) {
      for (String authority :
          List.of(
              "good.example",
              "good.example:",
              "good.example:0",
              "good.example:99999",
              "good.example:443:80",
              "user@good.example:443",
              "user:pw@good.example:443",
              "good.example@evil.example:443",
              "2130706433:80",
              "0x7f000001:80",
              "127.1:80",
              "0177.0.0.1:80",
              "good.example%2eevil:443",
              "good..example:443",
              "[::1:443",
              "[fe80::1%25lo]:80",
              "http://good.example:443",
              "/good.example:443",
              "good.example:443/path",
              "*.example:443",
              "good.example\t:443")) {
        RawClient.Answer answer = ask(connect(lease, authority));
        assertThat(answer.status()).as(authority).isEqualTo(400);
      }
      assertThat(lookups).hasValue(0);
    }
  }

  @Test
  void oneHostHasOneFormForRules() throws Exception {
    try (FakeProvider server = echo();
        GatewayLease lease = lease("GOOD.example.:" + server.port())) {
      for (String host : List.of("good.example", "Good.Example", "good.example.")) {
        try (RawClient client = fixture.proxyClient()) {
          client.send(connect(lease, host + ":" + server.port()));
          assertThat(client.until("\r\n\r\n")).as(host).startsWith("HTTP/1.1 200");
        }
        fixture.event(GatewayEvent.HostConnected.class); // its place is free again
      }
    }
  }

  @Test
  void withoutATokenNothingPasses() throws Exception {
    try (FakeProvider server = echo();
        GatewayLease lease = lease("good.example:" + server.port())) {
      String target = "good.example:" + server.port();
      String good = connect(lease, target);
      for (String request :
          List.of(
              good.replace(auth(lease), ""),
              good.replace("Basic ", "Bearer "),
              good.replace(auth(lease), "Proxy-Authorization: Basic !!!\r\n"),
              good.replace(
                  auth(lease),
                  "Proxy-Authorization: Basic "
                      + Base64.getEncoder().encodeToString(("x:" + lease.token()).getBytes(UTF_8))
                      + "\r\n"),
              good.replace(
                  auth(lease),
                  "Proxy-Authorization: Basic "
                      + Base64.getEncoder().encodeToString("run:".getBytes(UTF_8))
                      + "\r\n"),
              good.replace("Proxy-Authorization", "Authorization"))) {
        RawClient.Answer answer = ask(request);
        assertThat(answer.status()).isEqualTo(407);
        assertThat(answer.header("proxy-authenticate")).startsWith("Basic");
      }
      assertThat(ask(good.replace("\r\n\r\n", "\r\n" + auth(lease) + "\r\n")).status())
          .isEqualTo(400);
      lease.close();
      assertThat(ask(good).status()).isEqualTo(407);
      assertThat(server.waiting()).isZero();
    }
  }

  @Test
  void aPlainRequestIsWrittenAnew() throws Exception {
    try (FakeProvider server = echo();
        GatewayLease lease = lease("good.example:" + server.port())) {
      RawClient.Answer answer =
          ask(
              "POST http://Good.Example:"
                  + server.port()
                  + "/a/b?c=d HTTP/1.1\r\nHost: evil.example\r\n"
                  + auth(lease)
                  + "Proxy-Connection: keep-alive\r\nConnection: X-Hop, Content-Length\r\nX-Hop: 1\r\n"
                  + "Keep-Alive: 1\r\nX-Kept: 2\r\nContent-Length: 5\r\n\r\nhelloGET /smuggled HTTP/1.1\r\n\r\n");
      assertThat(answer.status()).isEqualTo(200);
      assertThat(answer.header("connection")).isEqualTo("close");
      FakeProvider.Asked asked = server.asked();
      assertThat(asked.line()).isEqualTo("POST /a/b?c=d HTTP/1.1");
      assertThat(asked.headers())
          .containsExactly(
              "Host: good.example:" + server.port(),
              "X-Kept: 2",
              "Content-Length: 5",
              "Connection: close");
      assertThat(asked.text()).isEqualTo("hello");
      assertThat(server.waiting()).isZero();
    }
  }

  @Test
  void chunksAreWrittenAnew() throws Exception {
    try (FakeProvider server = echo();
        GatewayLease lease = lease("good.example:" + server.port())) {
      String head =
          "POST http://good.example:" + server.port() + " HTTP/1.1\r\nHost: a\r\n" + auth(lease);
      RawClient.Answer answer =
          ask(
              head
                  + "Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n5;ext=1\r\nhello\r\n0\r\nX-Trailer: 1\r\n\r\n");
      assertThat(answer.status()).isEqualTo(100);
      FakeProvider.Asked asked = server.asked();
      assertThat(asked.line()).isEqualTo("POST / HTTP/1.1");
      assertThat(asked.text()).isEqualTo("hello");
    }
  }

  @Test
  void whatCanBeReadInTwoWaysIsRefused() throws Exception {
    try (FakeProvider server = echo();
        GatewayLease lease = lease("good.example:" + server.port())) {
      String url = "http://good.example:" + server.port() + "/";
      String post = "POST " + url + " HTTP/1.1\r\nHost: a\r\n" + auth(lease);
      for (String request :
          List.of(
              post + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
              post + "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
              post + "Content-Length: 5, 5\r\n\r\nhello",
              post + "Content-Length: +5\r\n\r\nhello",
              post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
              post + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
              post + "Host: b\r\n\r\n",
              post + "X: a\r\n folded\r\n\r\n",
              post + "X: a\nY: b\r\n\r\n",
              post + "X: a\0b\r\n\r\n",
              post + ": nameless\r\n\r\n",
              "POST  " + url + " HTTP/1.1\r\n" + auth(lease) + "\r\n",
              "POST " + url + " HTTP/2.0\r\n" + auth(lease) + "\r\n",
              "POST " + url + "\r\n" + auth(lease) + "\r\n",
              "GET /local HTTP/1.1\r\nHost: good.example\r\n" + auth(lease) + "\r\n",
              "GET https://good.example/ HTTP/1.1\r\nHost: good.example\r\n" + auth(lease) + "\r\n",
              "GET ftp://good.example/ HTTP/1.1\r\nHost: good.example\r\n" + auth(lease) + "\r\n",
              "GET http://user:pw@good.example/ HTTP/1.1\r\nHost: a\r\n" + auth(lease) + "\r\n",
              "GET http:///x HTTP/1.1\r\nHost: good.example\r\n" + auth(lease) + "\r\n",
              connect(lease, "good.example:" + server.port())
                  .replace("\r\n\r\n", "\r\nContent-Length: 3\r\n\r\nabc"))) {
        assertThat(ask(request).status()).as(request).isEqualTo(400);
      }
      assertThat(server.waiting()).isZero();
    }
  }

  @Test
  void aBrokenChunkReachesNobodyWhole() throws Exception {
    try (FakeProvider server = echo();
        GatewayLease lease = lease("good.example:" + server.port());
        RawClient client = fixture.proxyClient()) {
      client.send(
          "POST http://good.example:"
              + server.port()
              + "/ HTTP/1.1\r\nHost: a\r\n"
              + auth(lease)
              + "Transfer-Encoding: chunked\r\n\r\n5\r\nhelloTOOLONG\r\n0\r\n\r\n");
      client.toEnd();
      assertThat(server.ended()).isNotNull();
      assertThat(server.waiting()).isZero();
    }
  }

  @Test
  void aLargeOrSlowHeadIsRefused() throws Exception {
    try (GatewayLease lease = lease("good.example")) {
      RawClient.Answer answer =
          ask("CONNECT good.example:443 HTTP/1.1\r\nX: " + "y".repeat(9000) + "\r\n\r\n");
      assertThat(answer.status()).isEqualTo(431);
      assertThat(lease.usage()).isEqualTo(ModelUsage.NONE);
      try (RawClient client = fixture.proxyClient()) {
        client.send("CONNECT good.exam");
        assertThat(client.toEnd()).isEmpty();
      }
    }
  }

  @Test
  void whatCannotBeReachedSaysSo() throws Exception {
    FakeProvider gone = echo();
    gone.close();
    try (GatewayLease lease = lease("unknown.example", "good.example:" + gone.port())) {
      RawClient.Answer unknown = ask(connect(lease, "unknown.example:443"));
      assertThat(unknown.status()).isEqualTo(502);
      assertThat(unknown.header("proxy-status")).contains("dns_error");
      RawClient.Answer refused = ask(connect(lease, "good.example:" + gone.port()));
      assertThat(refused.status()).isEqualTo(502);
      assertThat(refused.header("proxy-status")).contains("connection_refused");
    }
  }

  @Test
  void connectionsOfARunAreLimited() throws Exception {
    try (FakeProvider server = echo();
        GatewayLease lease = lease("good.example:" + server.port());
        GatewayLease other = lease("good.example:" + server.port());
        RawClient first = fixture.proxyClient();
        RawClient second = fixture.proxyClient()) {
      String target = "good.example:" + server.port();
      first.send(connect(lease, target)).until("\r\n\r\n");
      second.send(connect(lease, target)).until("\r\n\r\n");
      assertThat(ask(connect(lease, target)).status()).isEqualTo(429);
      try (RawClient third = fixture.proxyClient()) {
        third.send(connect(other, target));
        assertThat(third.until("\r\n\r\n")).startsWith("HTTP/1.1 200");
      }
    }
  }

  @Test
  void silentConnectionsEnd() throws Exception {
    try (FakeProvider server = echo();
        GatewayLease lease = lease("good.example:" + server.port());
        RawClient client = fixture.proxyClient()) {
      client.send(connect(lease, "good.example:" + server.port())).until("\r\n\r\n");
      assertThat(client.toEnd()).isEmpty();
      assertThat(fixture.event(GatewayEvent.HostConnected.class).bytesIn()).isZero();
    }
  }

  @Test
  void connectionsEndWithTheirLease() throws Exception {
    try (FakeProvider server = echo();
        RawClient client = fixture.proxyClient()) {
      GatewayLease lease = lease("good.example:" + server.port());
      client.send(connect(lease, "good.example:" + server.port())).until("\r\n\r\n");
      lease.close();
      assertThat(client.toEnd()).isEmpty();
    }
  }

  @Test
  void aServerThatTalksNonsenseIsABadGateway() throws Exception {
    for (String nonsense :
        List.of(
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nBad Header: x\r\n\r\n")) {
      try (FakeProvider server =
              FakeProvider.answering(
                  (asked, connection) -> FakeProvider.write(connection, nonsense));
          GatewayLease lease = lease("good.example:" + server.port())) {
        assertThat(
                ask("GET http://good.example:"
                        + server.port()
                        + "/ HTTP/1.1\r\nHost: a\r\n"
                        + auth(lease)
                        + "\r\n")
                    .status())
            .isEqualTo(502);
      }
    }
  }

  @Test
  void theSandboxesOwnWayToModelsLeadsThere() throws Exception {
    String message = "{\"usage\":{\"input_tokens\":1,\"output_tokens\":1}}";
    try (FakeProvider model = FakeProvider.saying(200, "application/json", message);
        GatewayFixture patient = new GatewayFixture();
        GatewayLease first = patient.anthropic(model.base())) {
      // The first request of all loads more classes than the short limits of this test allow for.
      String request = RawClient.post("/v1/messages", first.token(), "{}");
      assertThat(patient.ask(request).text()).isEqualTo(message);
      for (String host : List.of("127.0.0.1:4321", "localhost:4321", "[::1]:4321")) {
        // One lease each: a connection that has ended may count for a moment longer.
        try (GatewayLease lease = leaseWithPort(model);
            RawClient client = fixture.proxyClient()) {
          client.send(connect(lease, host)).until("\r\n\r\n");
          client.send(RawClient.post("/v1/messages", lease.token(), "{}"));
          assertThat(client.answer().text()).isEqualTo(message);
        }
      }
    }
  }

  private GatewayLease leaseWithPort(FakeProvider model) {
    return fixture.lease(
        spec -> spec.upstream(GatewayFixture.anthropicAt(model.base())).portInSandbox(4321));
  }

  @Test
  void otherPortsOfItsLoopbackDoNotLeadToModels() throws Exception {
    try (FakeProvider model = FakeProvider.saying(200, "application/json", "{}");
        GatewayLease lease = leaseWithPort(model)) {
      for (String host : List.of("127.0.0.1:4322", "localhost:80", "good.example:4321")) {
        assertThat(ask(connect(lease, host)).status()).as(host).isEqualTo(403);
      }
      assertThat(model.connections()).isZero();
    }
  }
}
