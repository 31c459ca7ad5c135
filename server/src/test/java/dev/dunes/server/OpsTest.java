package dev.dunes.server;

import static dev.dunes.server.Shop.RESULT;
import static dev.dunes.server.Shop.SOON;
import static dev.dunes.server.Shop.echo;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.dunes.server.ops.ApiDocument;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Health, documents, metrics, runs, memories, starting and stopping. */
class OpsTest {
  @TempDir Path directory;
  private Shop shop;

  @BeforeEach
  void open() throws IOException {
    shop = new Shop(directory);
  }

  @AfterEach
  void close() {
    shop.close();
  }

  @Test
  void health() throws Exception {
    assertThat(shop.get("/health").body())
        .isEqualTo(
            "{\"status\":\"ok\",\"version\":\"0.1.0\",\"sandbox_backend\":\"local\",\"api_keys\":{\"anthropic\":true,\"openrouter\":false}}");
    assertThat(Shop.json(shop.get("/health?deep=true").body()).get("checks").toString())
        .isEqualTo("{\"anthropic_api_key\":true,\"e2b_api_key\":false,\"sandbox\":true}");
  }

  @Test
  void healthSaysLittleToStrangers() throws Exception {
    String key = "k".repeat(32);
    shop.set("SANDSTORM_API_KEY", key);
    assertThat(shop.get("/health").body()).isEqualTo("{\"status\":\"ok\",\"version\":\"0.1.0\"}");
    assertThat(shop.get("/health?deep=true").body())
        .isEqualTo("{\"status\":\"ok\",\"version\":\"0.1.0\",\"checks\":{\"sandbox\":true}}");
    assertThat(shop.get("/health", "authorization", "Bearer " + key).body()).contains("api_keys");
  }

  @Test
  void theDocumentSaysWhatIsAnsweredAndNothingElse() throws Exception {
    JsonNode document = Shop.json(shop.get("/openapi.json").body());
    List<String> documented =
        document.get("paths").properties().stream()
            .flatMap(path ->
                path.getValue().propertyNames().stream()
                    .map(method -> method.toUpperCase(java.util.Locale.ROOT) + " " + path.getKey()))
            .sorted()
            .toList();
    List<String> answered =
        shop.server().routes().stream().map(r -> r.replace("...", "")).sorted().toList();

    assertThat(documented).isEqualTo(answered);
    assertThat(document.get("openapi").asString()).isEqualTo("3.1.0");
    assertThat(document.at("/info/version").asString()).isEqualTo("0.1.0");
    assertThat(ApiDocument.load("x").at("/components/schemas/Query/properties").propertyNames())
        .hasSize(25);
  }

  @Test
  void pagesNeedNothingFromElsewhere() throws Exception {
    for (String path : List.of("/", "/docs")) {
      HttpResponse<String> page = shop.get(path);
      assertThat(page.headers().firstValue("content-type")).contains("text/html; charset=utf-8");
      assertThat(page.body()).doesNotContain("http://", "https://", "<script", "src=");
    }
    assertThat(shop.get("/docs").body())
        .contains("/runs/{id}/cancel", "allowed_tools", "<td>429</td>");
  }

  @Test
  void metricsAfterARun() throws Exception {
    shop.post("/query", Shop.query(echo(RESULT)).toString());
    shop.post("/query", "{}");
    shop.get("/some/invented/path");
    var runs = shop.server().runs();
    runs.find(runs.list(1).getFirst().id())
        .ifPresent(run -> assertThat(run.awaitCleanup(SOON)).isTrue());

    String metrics = shop.get("/metrics").body();
    assertThat(metrics)
        .contains(
            "dunes_runs_total{outcome=\"success\",status=\"completed\"} 1.0",
            "dunes_runs_active 0.0",
            "dunes_sandboxes_active 0.0",
            "dunes_runs_cost_usd_total 0.5",
            "dunes_run_phase_seconds_count{phase=\"sandbox.create\"} 1",
            "http_server_requests_seconds_count{method=\"POST\",status=\"422\",uri=\"/query\"} 1")
        .doesNotContain("invented");
  }

  @Test
  void telemetryIsSentWhenAskedFor() throws Exception {
    Map<String, String> received = new ConcurrentHashMap<>();
    HttpServer collector =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    collector.createContext(
        "/",
        exchange -> {
          String body =
              new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.ISO_8859_1);
          received.merge(exchange.getRequestURI().getPath(), body, String::concat);
          exchange.sendResponseHeaders(200, -1);
          exchange.close();
        });
    collector.start();
    try {
      runTwo("http://127.0.0.1:" + collector.getAddress().getPort());
    } finally {
      collector.stop(0);
    }
    assertTelemetry(received.get("/v1/metrics"), received.get("/v1/traces"));
  }

  /** A call of gRPC is a request of HTTP/2 that is answered with a status in its trailers. */
  @Test
  void telemetryIsSentByGrpcWhenAskedFor() throws Exception {
    Map<String, String> received = new ConcurrentHashMap<>();
    Set<String> keys = ConcurrentHashMap.newKeySet();
    Vertx vertx = Vertx.vertx();
    try {
      var collector =
          vertx
              .createHttpServer()
              .requestHandler(request ->
                  request
                      .body()
                      .onSuccess(body -> {
                        received.merge(
                            request.path(),
                            body.toString(StandardCharsets.ISO_8859_1),
                            String::concat);
                        keys.add(String.valueOf(request.getHeader("x-key")));
                        request
                            .response()
                            .putHeader("content-type", "application/grpc")
                            .putTrailer("grpc-status", "0")
                            .end(Buffer.buffer(new byte[5]));
                      }))
              .listen(0, "127.0.0.1")
              .await(20, TimeUnit.SECONDS);
      shop.set("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc").set("OTEL_EXPORTER_OTLP_HEADERS", "x-key=k1");
      runTwo("http://127.0.0.1:" + collector.actualPort());
    } finally {
      vertx.close().await(20, TimeUnit.SECONDS);
    }
    assertTelemetry(
        received.get("/opentelemetry.proto.collector.metrics.v1.MetricsService/Export"),
        received.get("/opentelemetry.proto.collector.trace.v1.TraceService/Export"));
    assertThat(keys).containsExactly("k1");
  }

  /** One run that goes well and one that does not; all of their telemetry is sent. */
  private void runTwo(String collector) throws Exception {
    shop.set("SANDSTORM_TELEMETRY", "1").set("OTEL_EXPORTER_OTLP_ENDPOINT", collector);
    shop.post("/query", Shop.query(echo(RESULT)).toString());
    shop.post("/query", Shop.query("exit 1").toString());
    var runs = shop.server().runs();
    runs.list(2)
        .forEach(
            r -> runs.find(r.id()).ifPresent(run -> assertThat(run.awaitCleanup(SOON)).isTrue()));
    shop.close();
  }

  private static void assertTelemetry(String metrics, String traces) {
    assertThat(metrics)
        .contains(
            "sandstorm.requests",
            "sandstorm.errors",
            "sandstorm.request.duration",
            "sandstorm.sandbox.creation.duration",
            "sandstorm.agent.execution.duration",
            "sandstorm.sandboxes.active",
            "service.name",
            "sandstorm",
            "completed",
            "crashed");
    assertThat(traces)
        .contains(
            "query",
            "sandbox.create",
            "sandbox.upload_skills",
            "agent.execute",
            "sandbox.cleanup",
            "sandstorm.request_id",
            "sandstorm.sandbox_id",
            "sandstorm.timeout",
            "sandstorm.file_count");
  }

  @Test
  void aProtocolOfTelemetryThatIsNotSpokenStopsTheStart() {
    shop.set("SANDSTORM_TELEMETRY", "1").set("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json");
    assertThatThrownBy(shop::server)
        .isInstanceOf(ServerStartException.class)
        .hasMessageContaining("use http/protobuf or grpc");
  }

  @Test
  void runsAreListedAndShown() throws Exception {
    assertThat(shop.get("/runs").body()).isEqualTo("[]");
    for (int i = 0; i < 3; i++) {
      shop.post("/query", Shop.query("#" + i + "\n" + echo(RESULT)).toString());
    }
    JsonNode two = Shop.json(shop.get("/runs?limit=2").body());
    assertThat(two.valueStream().map(run -> run.get("prompt").asString().substring(0, 2)))
        .containsExactly("#2", "#1");
    String id = two.get(0).get("id").asString();
    JsonNode one = Shop.json(shop.get("/runs/" + id).body());
    assertThat(one.get("status").asString()).isEqualTo("completed");
    assertThat(one.get("cost_usd").asDouble()).isEqualTo(0.5);
    assertThat(one.get("raw_prompt").asString()).startsWith("#2\n");
    assertThat(shop.get("/runs/ffffffff").statusCode()).isEqualTo(404);
    assertThat(shop.get("/runs/ffffffff").body()).isEqualTo("{\"error\":\"unknown run_id\"}");
  }

  @Test
  void memoriesAreListedAndForgotten() throws Exception {
    shop.post(
        "/query",
        Shop.query(echo(RESULT)).put("remember", "likes tea").put("user_id", "u 1").toString());
    JsonNode rows = Shop.json(shop.get("/memories?user_id=u%201").body());
    assertThat(rows).hasSize(1);
    assertThat(rows.get(0).get("text").asString()).isEqualTo("likes tea");
    String path = "/memories/" + rows.get(0).get("id").asString();

    assertThat(shop.send("DELETE", path, "").statusCode()).isEqualTo(404);
    assertThat(shop.send("DELETE", path + "?user_id=u%201", "").statusCode()).isEqualTo(204);
    assertThat(shop.get("/memories?user_id=u%201").body()).isEqualTo("[]");
  }

  @Test
  void theSixthRunAtALimitOfFiveIsTurnedAway() throws Exception {
    shop.write("config/limits.yaml", "max_concurrent_agents: 1\n");
    HttpResponse<java.util.stream.Stream<String>> first =
        shop.stream(echo(Shop.INIT) + "sleep 600");
    first.body().iterator().next();

    HttpResponse<String> busy = shop.post("/query", Shop.query("true").toString());

    assertThat(busy.statusCode()).isEqualTo(429);
    assertThat(busy.headers().firstValue("retry-after")).contains("5");
    String text = "Max concurrent agents (1) reached. Please wait for existing agents to complete.";
    JsonNode body = Shop.json(busy.body());
    assertThat(busy.body())
        .isEqualTo(
            "{\"type\":\"error\",\"error\":\"%s\",\"detail\":\"%s\",\"request_id\":\"%s\"}"
                .formatted(text, text, body.get("request_id").asString()));
  }

  @Test
  void aBrokenConfigurationWhileServing() throws Exception {
    shop.write("sandstorm.json", "{\"allowed_tools\":[\"Read\"]}");
    assertThat(shop.post("/query", Shop.query(echo(RESULT)).toString()).statusCode())
        .isEqualTo(200);
    shop.write("sandstorm.json", "{\"allowed_tools\":");
    shop.post("/query", Shop.query(echo(RESULT)).toString());
    JsonNode last = Shop.json(shop.get("/runs?limit=1").body()).get(0);
    assertThat(last.at("/config_snapshot/allowed_tools").toString()).isEqualTo("[\"Read\"]");

    shop.close();
    shop = new Shop(java.nio.file.Files.createDirectory(directory.resolve("other")));
    shop.write("sandstorm.json", "{\"allowed_tools\":");
    HttpResponse<String> broken = shop.post("/query", Shop.query("true").toString());
    assertThat(broken.statusCode()).isEqualTo(500);
    assertThat(broken.body()).isEqualTo("{\"detail\":\"sandstorm.json: invalid JSON\"}");
  }

  @Test
  void aPortThatIsTakenIsSaid() {
    assertThatThrownBy(() -> shop.start(shop.port()))
        .isInstanceOf(ServerStartException.class)
        .hasMessageContaining("Cannot listen at 127.0.0.1:" + shop.port())
        .hasMessageContaining("it is taken");
  }

  @Test
  void requestsHaveIds() throws Exception {
    assertThat(shop.get("/health").headers().firstValue("x-request-id").orElse(""))
        .matches("[0-9a-f]{16}");
    assertThat(shop.get("/health", "x-request-id", "mine-1").headers().firstValue("x-request-id"))
        .contains("mine-1");
    assertThat(
            shop.get("/health", "x-request-id", "a b")
                .headers()
                .firstValue("x-request-id")
                .orElse(""))
        .matches("[0-9a-f]{16}");
  }

  @Test
  void closingIsQuickWhenNothingRunsAndMayBeRepeated() {
    DunesServer server = shop.server();
    server.close(Duration.ofSeconds(30));
    server.close();
    assertThatThrownBy(() -> shop.get("/health")).isInstanceOf(IOException.class);
  }
}
