package dev.dunes.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Many at once, and one that never reads. */
class LoadTest {
  private static final int STREAMS = 1000;
  private final GatewayFixture fixture = new GatewayFixture(options -> options.loopbackPort(0));

  @AfterEach
  void close() {
    fixture.close();
  }

  @Test
  void aThousandStreamsAtTheSameTime() throws Exception {
    CountDownLatch allOpen = new CountDownLatch(STREAMS);
    try (FakeProvider provider =
            FakeProvider.answering((asked, connection) -> {
              FakeProvider.beginStream(connection);
              FakeProvider.chunk(
                  connection,
                  "data: {\"message\":{\"model\":\"claude-haiku-4-5\",\"usage\":{\"input_tokens\":1,"
                      + "\"output_tokens\":1}}}\n\n");
              allOpen.countDown();
              if (allOpen.await(60, TimeUnit.SECONDS)) { // no stream ends before all are open
                FakeProvider.chunk(
                    connection,
                    "data: {\"usage\":{\"output_tokens\":7}}\n\ndata: " + asked.text() + "\n\n");
                FakeProvider.endStream(connection);
              }
            });
        GatewayLease lease =
            fixture.lease(spec ->
                spec.upstream(GatewayFixture.anthropicAt(provider.base()))
                    .maxConcurrentRequests(STREAMS));
        ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<String>> answers = new ArrayList<>();
      for (int i = 0; i < STREAMS; i++) {
        String body = "{\"number\":" + i + "}";
        answers.add(clients.submit(() -> stream(lease.token(), body)));
      }
      for (int i = 0; i < STREAMS; i++) {
        assertThat(answers.get(i).get()).endsWith("data: {\"number\":" + i + "}\n\n");
      }
      assertThat(lease.usage().requests()).isEqualTo(STREAMS);
      assertThat(lease.usage().inputTokens()).isEqualTo(STREAMS);
      assertThat(lease.usage().outputTokens()).isEqualTo(7L * STREAMS);
    }
  }

  private String stream(String token, String body) throws Exception {
    try (RawClient client = RawClient.connect(fixture.gateway.socket(), 60_000)) {
      client.send(RawClient.post("/v1/messages", token, body));
      return client.answer().text();
    }
  }

  @Test
  void whoNeverReadsStopsTheProviderAndFillsNoMemory() throws Exception {
    Map<String, AtomicLong> written =
        Map.of("{\"reads\":0}", new AtomicLong(), "{\"reads\":1}", new AtomicLong());
    String piece = "data: " + "x".repeat(64 * 1024) + "\n\n";
    long much = 64L * 1024 * 1024;
    try (FakeProvider provider =
            FakeProvider.answering((asked, connection) -> {
              FakeProvider.beginStream(connection);
              AtomicLong count = written.get(asked.text());
              while (count.get() < much) {
                FakeProvider.chunk(connection, piece);
                count.addAndGet(piece.length());
              }
            });
        GatewayLease lease = fixture.anthropic(provider.base());
        RawClient client = fixture.client();
        RawClient reader = fixture.client()) {
      client.send(RawClient.post("/v1/messages", lease.token(), "{\"reads\":0}"));
      client.until("\r\n\r\n");
      // The control, begun later: all of it arrives, and in that time the other could have, too.
      reader.send(RawClient.post("/v1/messages", lease.token(), "{\"reads\":1}"));
      reader.until("\r\n\r\n");
      for (long read = 0; read < much; ) {
        read += reader.chunk().length();
      }
      AtomicLong stuck = written.get("{\"reads\":0}");
      long before = stuck.get();
      assertThat(before).isLessThan(16L * 1024 * 1024); // buffers of sockets, and little more
      for (long read = 0; read < before + 8L * 1024 * 1024; ) { // it goes on when somebody reads
        read += client.chunk().length();
      }
      assertThat(stuck.get()).isGreaterThan(before);
    }
  }

  @Test
  void javasOwnClientThroughLoopback() throws Exception {
    String answer = "{\"usage\":{\"input_tokens\":1,\"output_tokens\":1}}";
    try (FakeProvider provider = FakeProvider.saying(200, "application/json", answer);
        GatewayLease lease = fixture.anthropic(provider.base());
        HttpClient client = HttpClient.newHttpClient()) {
      URI uri =
          URI.create(
              "http://127.0.0.1:"
                  + fixture.gateway.address().orElseThrow().getPort()
                  + "/v1/messages");
      HttpResponse<String> response =
          client.send(
              HttpRequest.newBuilder(uri)
                  .header("x-api-key", lease.token())
                  .POST(HttpRequest.BodyPublishers.ofString("{\"a\":1}"))
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      assertThat(response.statusCode()).isEqualTo(200);
      assertThat(response.body()).isEqualTo(answer);
      assertThat(provider.asked().text()).isEqualTo("{\"a\":1}");
    }
  }

  @Test
  void curlThroughBothSockets() throws Exception {
    String answer = "{\"usage\":{\"input_tokens\":1,\"output_tokens\":1}}";
    try (GatewayFixture own =
            new GatewayFixture(options ->
                options.loopbackProxyPort(0).reachablePrivateNetworks(List.of("127.0.0.0/8")));
        FakeProvider provider = FakeProvider.saying(200, "application/json", answer);
        GatewayLease lease =
            own.lease(spec ->
                spec.upstream(GatewayFixture.anthropicAt(provider.base()))
                    .egress(new EgressPolicy(List.of("127.0.0.1:" + provider.port()))))) {
      assertThat(
              curl(
                  "--unix-socket",
                  own.gateway.socket().toString(),
                  "-H",
                  "Authorization: Bearer " + lease.token(),
                  "-d",
                  "{}",
                  "http://localhost/v1/messages"))
          .isEqualTo(answer);
      String proxy =
          "http://run:"
              + lease.token()
              + "@127.0.0.1:"
              + own.gateway.proxyAddress().orElseThrow().getPort();
      assertThat(curl("--proxy", proxy, provider.base() + "/plain")).isEqualTo(answer);
      assertThat(curl("--proxy", proxy, "--proxytunnel", provider.base() + "/tunnel"))
          .isEqualTo(answer);
      assertThat(curl("--proxy", proxy, "http://127.0.0.1:1/refused"))
          .contains("egress rule 127.0.0.1:1");
    }
  }

  private static String curl(String... arguments) throws Exception {
    List<String> line = new ArrayList<>(List.of("curl", "-sS", "--max-time", "20"));
    line.addAll(List.of(arguments));
    Process process = new ProcessBuilder(line).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
    return output;
  }
}
