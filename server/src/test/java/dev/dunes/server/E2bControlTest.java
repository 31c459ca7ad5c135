package dev.dunes.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunes.server.http.Json;
import java.net.http.HttpResponse;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** The control plane of E2B's wire, byte by byte where clients look. */
class E2bControlTest {
  @TempDir Path directory;
  private SandboxShop shop;

  @BeforeEach
  void open() throws Exception {
    shop = new SandboxShop(directory);
    shop.shop.set("DUNES_SANDBOX_METRICS_EVERY", "1");
    shop.shop.server();
  }

  @AfterEach
  void close() {
    shop.close();
  }

  private void refused(int status, String message, String method, String path, String body)
      throws Exception {
    HttpResponse<String> answer = shop.call(method, path, body);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
    JsonNode json = Shop.json(answer.body());
    assertThat(json.get("code").asInt()).isEqualTo(status);
    assertThat(json.get("message").asString()).contains(message);
  }

  private static List<String> ids(String body) {
    List<String> ids = new ArrayList<>();
    Shop.json(body).forEach(row -> ids.add(row.get("sandboxID").asString()));
    return ids;
  }

  @Test
  void theNewRouteGivesATokenAndSaysWhenItEnds() throws Exception {
    HttpResponse<String> made =
        shop.call("POST", "/v2/sandboxes", "{\"templateID\":\"base\",\"timeout\":77}");
    assertThat(made.statusCode()).isEqualTo(201);
    JsonNode json = Shop.json(made.body());
    assertThat(json.get("envdAccessToken").asString()).matches("[0-9a-f]{40}");
    assertThat(json.get("domain").isNull()).isTrue();
    assertThat(made.headers().firstValue("x-dunes-ends-at")).contains(json.get("endAt").asString());
    String id = json.get("sandboxID").asString();
    HttpResponse<String> connected =
        shop.call("POST", "/v2/sandboxes/" + id + "/connect", "{\"timeout\":200}");
    assertThat(connected.statusCode()).isEqualTo(200);
    Instant end = Instant.parse(connected.headers().firstValue("x-dunes-ends-at").orElseThrow());
    assertThat(end).isAfter(Instant.parse(json.get("endAt").asString()));
    shop.post(204, "/sandboxes/" + id + "/refreshes", Json.object());
    assertThat(Instant.parse(shop.get("/sandboxes/" + id).get("endAt").asString())).isEqualTo(end);
    shop.post(204, "/sandboxes/" + id + "/pause", Json.object());
    refused(404, "is paused", "POST", "/sandboxes/" + id + "/timeout", "{\"timeout\":60}");
    refused(404, "is paused", "POST", "/sandboxes/" + id + "/refreshes", "{}");
    refused(400, "duration", "POST", "/sandboxes/" + id + "/refreshes", "{\"duration\":3601}");
  }

  @Test
  void pagesAreWalkedInBothOrdersAndFiltered() throws Exception {
    List<String> made = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      ObjectNode wanted = Json.object();
      wanted.putObject("metadata").put("n", Integer.toString(i % 2)).put("t", "a & b=c %");
      made.add(shop.create(wanted).get("sandboxID").asString());
    }
    shop.post(204, "/sandboxes/" + made.get(4) + "/pause", Json.object());
    for (boolean ascending : new boolean[] {true, false}) {
      List<String> seen = new ArrayList<>();
      String path = "/v2/sandboxes?limit=2&order=" + (ascending ? "asc" : "desc");
      String next = path;
      while (!next.isEmpty()) {
        HttpResponse<String> page = shop.call("GET", next, "");
        assertThat(page.headers().firstValue("x-total-running")).contains("4");
        seen.addAll(ids(page.body()));
        next =
            page.headers()
                .firstValue("x-next-token")
                .map(token -> path + "&nextToken=" + token.replace("=", "%3D"))
                .orElse("");
      }
      assertThat(seen).containsExactlyElementsOf(ascending ? made : made.reversed());
    }
    HttpResponse<String> paused = shop.call("GET", "/v2/sandboxes?state=paused", "");
    assertThat(ids(paused.body())).containsExactly(made.get(4));
    assertThat(paused.headers().firstValue("x-total-running")).isEmpty();
    assertThat(paused.body()).doesNotContain("AccessToken");
    // Encoded once and twice, as clients of different age do.
    for (String wanted : new String[] {"n%3D1%26t%3Da+%2526+b%253Dc+%2525", "n=1"}) {
      assertThat(ids(shop.call("GET", "/v2/sandboxes?metadata=" + wanted, "").body()))
          .as(wanted)
          .containsExactly(made.get(3), made.get(1));
    }
    assertThat(ids(shop.call("GET", "/v2/sandboxes?template=nonesuch", "").body())).isEmpty();
    String since = shop.get("/sandboxes/" + made.get(2)).get("startedAt").asString();
    assertThat(ids(shop.call("GET", "/v2/sandboxes?startedAfter=" + since, "").body()))
        .contains(made.get(2), made.get(3), made.get(4))
        .doesNotContain(made.get(1), made.get(0));
    String token =
        shop.call("GET", "/v2/sandboxes?limit=1", "")
            .headers()
            .firstValue("x-next-token")
            .orElseThrow()
            .replace("=", "%3D");
    for (String query :
        new String[] {"order=asc&nextToken=" + token, "nextToken=!", "nextToken=YQ"}) {
      refused(400, "Invalid next token", "GET", "/v2/sandboxes?" + query, "");
    }
    for (String query :
        new String[] {
          "limit=0", "limit=101", "state=gone", "order=x", "startedAfter=yesterday", "template=a:b"
        }) {
      refused(400, query.substring(0, query.indexOf('=')), "GET", "/v2/sandboxes?" + query, "");
    }
  }

  @Test
  void whatCannotBeHadIsRefused() throws Exception {
    String[][] all = {
      {"999.1.1.1", "{\"network\":{\"allowOut\":[\"999.1.1.1\"]}}"},
      {"no domain", "{\"network\":{\"allowOut\":[\"git-hosts\"],\"denyOut\":[\"0.0.0.0/0\"]}}"},
      {"0.0.0.0/0 in denyOut", "{\"network\":{\"allowOut\":[\"example.com\"]}}"},
      {"no address", "{\"network\":{\"denyOut\":[\"example.com\"]}}"},
      {"rules", "{\"network\":{\"rules\":{\"a.com\":[{},{}]}}}"},
      {"SOCKS", "{\"network\":{\"egressProxy\":{\"address\":\"a\"}}}"},
      {"httpsPorts", "{\"network\":{\"httpsPorts\":[49983]}}"},
      {"needs secure", "{\"network\":{\"allowPublicTraffic\":false},\"secure\":false}"},
      {"volumeMounts", "{\"volumeMounts\":[{\"name\":\"a\",\"path\":\"/a\"}]}"},
      {"mcp", "{\"mcp\":{}}"},
      {"iam", "{\"iam\":{}}"},
      {"autoPause: true", "{\"autoPauseMemory\":false}"},
      {"Timeout must be greater than 0", "{\"timeout\":0}"},
    };
    for (String[] each : all) {
      String body = each[1].replaceFirst("\\{", "{\"templateID\":\"base\",");
      refused(400, each[0], "POST", "/v2/sandboxes", body);
    }
    assertThat(shop.get("/v2/sandboxes")).isEmpty();
  }

  @Test
  void accessIsTakenWhenASandboxIsMadeAndNotLater() throws Exception {
    String open = shop.create();
    String closed =
        shop.create(Json.object().put("allow_internet_access", false)).get("sandboxID").asString();
    assertThat(shop.get("/sandboxes/" + closed).get("allowInternetAccess").asBoolean()).isFalse();
    String deny = "{\"denyOut\":[\"0.0.0.0/0\"]}";
    // It reaches nothing anyway.
    assertThat(shop.call("PUT", "/sandboxes/" + open + "/network", deny).statusCode())
        .isEqualTo(204);
    assertThat(shop.call("PUT", "/sandboxes/" + closed + "/network", deny).statusCode())
        .isEqualTo(204);
    assertThat(shop.call("PUT", "/sandboxes/" + open + "/network", "{}").statusCode())
        .isEqualTo(204);
    refused(404, "never existed", "PUT", "/sandboxes/inone/network", "{}");
  }

  @Test
  void askedTwiceWithOneKeyItIsMadeOnce() throws Exception {
    List<String> made = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<CompletableFuture<HttpResponse<String>>> answers =
          IntStream.range(0, 4)
              .mapToObj(i ->
                  CompletableFuture.supplyAsync(
                      () -> {
                        try {
                          return shop.call(
                              "POST",
                              "/v2/sandboxes",
                              "{\"templateID\":\"base\"}",
                              "idempotency-key",
                              "one");
                        } catch (Exception e) {
                          throw new AssertionError(e);
                        }
                      },
                      threads))
              .toList();
      for (CompletableFuture<HttpResponse<String>> answer : answers) {
        assertThat(answer.join().statusCode()).isEqualTo(201);
        made.add(Shop.json(answer.join().body()).get("sandboxID").asString());
      }
    }
    assertThat(made.stream().distinct()).hasSize(1);
    assertThat(shop.get("/v2/sandboxes")).hasSize(1);
    // What failed is done anew.
    refused(400, "unknown template", "POST", "/v2/sandboxes", "{\"templateID\":\"x\"}");
    for (String template : new String[] {"x", "base"}) {
      HttpResponse<String> answer =
          shop.call(
              "POST",
              "/v2/sandboxes",
              "{\"templateID\":\"%s\"}".formatted(template),
              "idempotency-key",
              "two");
      assertThat(answer.statusCode()).isEqualTo(template.equals("x") ? 400 : 201);
    }
  }

  private HttpResponse<String> createOnce(String key) throws Exception {
    return shop.call(
        "POST",
        "/v2/sandboxes",
        "{\"templateID\":\"base\",\"network\":{\"allowPublicTraffic\":false}}",
        "idempotency-key",
        key);
  }

  @Test
  void theNextServerGivesTheFirstAnswerAgain() throws Exception {
    HttpResponse<String> first = createOnce("first");
    assertThat(first.statusCode()).as(first.body()).isEqualTo(201);
    JsonNode made = Shop.json(first.body());
    String gone = Shop.json(createOnce("gone").body()).get("sandboxID").asString();
    shop.call("DELETE", "/sandboxes/" + gone, "");
    // As if the server had been killed before it could write down what it answered.
    String cut = Shop.json(createOnce("cut").body()).get("sandboxID").asString();
    Path answers;
    try (Stream<Path> files = Files.walk(directory)) {
      answers = files.filter(file -> file.endsWith("answers")).findFirst().orElseThrow();
    }
    int kept = 0;
    try (DirectoryStream<Path> files = Files.newDirectoryStream(answers)) {
      for (Path file : files) {
        String text = Files.readString(file);
        assertThat(text)
            .doesNotContain(
                made.get("envdAccessToken").asString(), made.get("trafficAccessToken").asString());
        assertThat(file.getFileName().toString()).matches("[0-9a-f]{64}\\.json");
        kept++;
        if (text.contains(cut)) {
          Files.delete(file);
        }
      }
    }
    assertThat(kept).isEqualTo(3);
    shop.shop.restart(shop.shop.port());

    HttpResponse<String> again = createOnce("first");
    assertThat(again.statusCode()).isEqualTo(201);
    assertThat(again.headers().firstValue("idempotent-replayed")).hasValue("true");
    assertThat(again.headers().firstValue("x-dunes-ends-at"))
        .isEqualTo(first.headers().firstValue("x-dunes-ends-at"));
    assertThat(Shop.json(again.body())).isEqualTo(made);
    assertThat(Shop.json(createOnce("cut").body()).get("sandboxID").asString()).isEqualTo(cut);
    JsonNode dead = Shop.json(createOnce("gone").body());
    assertThat(dead.get("sandboxID").asString()).isEqualTo(gone);
    assertThat(dead.has("envdAccessToken")).isFalse();
    assertThat(shop.get("/v2/sandboxes")).hasSize(2);
    assertThat(Shop.json(createOnce("other").body()).get("sandboxID").asString())
        .isNotIn(cut, gone, made.get("sandboxID").asString());
  }

  @Test
  void filesOutliveTenPausesOfBothKinds() throws Exception {
    String id = shop.create();
    shop.sh(id, "head -c 3000000 /dev/urandom > data && sha256sum data > sum");
    for (int i = 0; i < 10; i++) {
      HttpResponse<String> paused =
          shop.call("POST", "/sandboxes/" + id + "/pause", "{\"memory\":%b}".formatted(i % 2 == 0));
      assertThat(paused.statusCode()).as(paused.body()).isEqualTo(204);
      shop.post(201, "/v2/sandboxes/" + id + "/connect", Json.object());
      assertThat(shop.sh(id, "sha256sum -c sum").get("exitCode").asInt()).isZero();
    }
  }

  @Test
  void snapshotsAndForksHaveTheFiles() throws Exception {
    String id = shop.create();
    shop.sh(id, "echo mine > /workspace/mine");
    ObjectNode name = Json.object().put("name", "team/Saved");
    JsonNode saved = shop.post(201, "/sandboxes/" + id + "/snapshots", name);
    assertThat(saved.toString())
        .isEqualTo("{\"snapshotID\":\"saved:default\",\"names\":[\"saved:default\"]}");
    shop.sh(id, "echo other > /workspace/mine");
    String copy =
        shop.post(201, "/v2/sandboxes", Json.object().put("templateID", "team/saved"))
            .get("sandboxID")
            .asString();
    assertThat(shop.sh(copy, "cat /workspace/mine").get("stdout").asString()).isEqualTo("mine\n");
    JsonNode forks = shop.post(201, "/sandboxes/" + id + "/fork", Json.object().put("count", 2));
    assertThat(forks).hasSize(2);
    for (JsonNode fork : forks) {
      String forked = fork.get("sandbox").get("sandboxID").asString();
      assertThat(shop.sh(forked, "cat /workspace/mine").get("stdout").asString())
          .isEqualTo("other\n");
    }
    assertThat(shop.get("/snapshots?sandboxID=" + id)).hasSize(1);
    assertThat(shop.get("/snapshots?name=saved")).hasSize(1);
    assertThat(shop.get("/snapshots?name=save")).isEmpty();
    // Another account has nothing to do with it.
    String key = shop.post(201, "/api-keys", Json.object().put("name", "a")).get("key").asString();
    assertThat(shop.as(key, "DELETE", "/templates/saved:default", "").statusCode()).isEqualTo(404);
    assertThat(shop.as(key, "GET", "/snapshots", "").body()).isEqualTo("[]");
    assertThat(shop.call("DELETE", "/templates/saved%3Adefault", "").statusCode()).isEqualTo(204);
    refused(404, "saved", "DELETE", "/templates/saved", "");
    refused(400, "count", "POST", "/sandboxes/" + id + "/fork", "{\"count\":101}");
    assertThat(shop.sh(copy, "cat /workspace/mine").get("stdout").asString()).isEqualTo("mine\n");
  }

  @Test
  void metricsAndLogs() throws Exception {
    String id = shop.create();
    JsonNode sample = shop.get("/sandboxes/" + id + "/metrics").get(0);
    assertThat(sample.propertyNames())
        .containsExactly(
            "timestamp",
            "timestampUnix",
            "cpuCount",
            "cpuUsedPct",
            "memUsed",
            "memTotal",
            "memCache",
            "diskUsed",
            "diskTotal");
    assertThat(sample.get("memTotal").asLong()).isEqualTo(512L << 20);
    assertThat(shop.get("/sandboxes/metrics?sandbox_ids=" + id + ",inone").get("sandboxes"))
        .hasSize(1);
    refused(400, "sandbox_ids", "GET", "/sandboxes/metrics", "");
    shop.post(204, "/sandboxes/" + id + "/timeout", Json.object().put("timeout", 200));
    JsonNode logs = shop.get("/v2/sandboxes/" + id + "/logs").get("logs");
    assertThat(logs.get(0).get("message").asString()).isEqualTo("sandbox created");
    assertThat(shop.get("/v2/sandboxes/" + id + "/logs?direction=backward&limit=1").get("logs"))
        .hasSize(1)
        .first()
        .satisfies(line -> assertThat(line.get("message").asString()).isEqualTo("sandbox updated"));
    assertThat(shop.get("/v2/sandboxes/" + id + "/logs?level=error").get("logs")).isEmpty();
    assertThat(shop.get("/v2/sandboxes/" + id + "/logs?search=created").get("logs")).hasSize(1);
    assertThat(shop.get("/sandboxes/" + id + "/logs").get("logEntries")).hasSize(2);
    refused(404, "never existed", "GET", "/v2/sandboxes/inone/logs", "");
  }

  @Test
  void metricsAreASeriesFromTheFirstTimeSomebodyAsks() throws Exception {
    String id = shop.create();
    String path = "/sandboxes/" + id + "/metrics";
    long first = shop.get(path).get(0).get("timestampUnix").asLong();
    shop.sh(id, "timeout 1 sh -c 'while :; do :; done'");
    SandboxShop.await(
        "there are more than those that were asked for",
        () -> {
          int before = shop.get(path).size();
          shop.sh(id, "sleep 3");
          return shop.get(path).size() >= before + 2; // one of them is this look
        });
    JsonNode all = shop.get(path);
    assertThat(all.valueStream().map(sample -> sample.get("timestamp").asString()))
        .isSorted()
        .doesNotHaveDuplicates();
    assertThat(
            all.valueStream()
                .mapToDouble(sample -> sample.get("cpuUsedPct").asDouble())
                .max()
                .orElse(0))
        .isGreaterThan(1);
    assertThat(shop.get(path + "?end=" + first)).hasSizeLessThan(all.size()).isNotEmpty();
    assertThat(shop.get(path + "?start=" + (first + 1))).hasSizeGreaterThanOrEqualTo(2);
    shop.post(204, "/sandboxes/" + id + "/pause", Json.object());
    int kept = shop.get(path).size();
    assertThat(kept).isGreaterThanOrEqualTo(all.size());
    refused(400, "start must not be after end", "GET", path + "?start=2&end=1", "");
  }

  @Test
  void aRouteThatIsNotThereIsNamedToTheSdk() throws Exception {
    HttpResponse<String> answer =
        shop.call("POST", "/v9/sandboxes", "{}", "user-agent", "e2b-js-sdk/99.1.0");
    assertThat(answer.statusCode()).isEqualTo(404);
    JsonNode json = Shop.json(answer.body());
    assertThat(json.get("code").asInt()).isEqualTo(404);
    assertThat(json.get("message").asString()).contains("POST /v9/sandboxes", "e2b-js-sdk/99.1.0");
  }

  @Test
  void aHundredAtOnce() throws Exception {
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<CompletableFuture<Integer>> all =
          IntStream.range(0, 100)
              .mapToObj(i ->
                  CompletableFuture.supplyAsync(
                      () -> {
                        try {
                          return shop.call("POST", "/v2/sandboxes", "{\"templateID\":\"base\"}")
                              .statusCode();
                        } catch (Exception e) {
                          throw new AssertionError(e);
                        }
                      },
                      threads))
              .toList();
      assertThat(all).allSatisfy(one -> assertThat(one.join()).isEqualTo(201));
    }
    assertThat(shop.get("/v2/sandboxes?state=running")).hasSize(100);
  }
}
