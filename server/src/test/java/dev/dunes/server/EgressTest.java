package dev.dunes.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.dunes.server.http.Json;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** What sandboxes reach by the rules of their network, and what not. */
class EgressTest {
  private static final String HOST = Internet.HOST;
  private static final String OTHERS = "\"denyOut\":[\"0.0.0.0/0\"]";

  @TempDir Path directory;
  private SandboxShop shop;
  private Internet internet;

  @BeforeEach
  void open() throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/curl")), "curl is not installed");
    internet = new Internet();
    shop = new SandboxShop(directory);
    // An address of loopback stands for the internet here; it is refused like any other otherwise.
    shop.shop.gateways(Internet::gateway);
    shop.shop.server();
  }

  @AfterEach
  void close() throws IOException {
    if (shop != null) {
      shop.close();
      internet.close();
    }
  }

  private String create(String network) throws Exception {
    JsonNode body = Shop.json("{\"templateID\":\"base\",\"network\":%s}".formatted(network));
    return shop.post(201, "/sandboxes", body).get("sandboxID").asString();
  }

  private void put(int status, String id, String network) throws Exception {
    HttpResponse<String> answer = shop.call("PUT", "/sandboxes/" + id + "/network", network);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
  }

  /** What a program in the sandbox gets of an address. */
  private String get(String id, String url) throws Exception {
    return shop.sh(id, "curl -sS -m 20 " + url + " 2>&1").get("stdout").asString();
  }

  private String allow(String target) {
    return "{\"allowOut\":[\"%s\"],%s}".formatted(target, OTHERS);
  }

  @Test
  void whatIsAllowedIsReachedAndNothingElse() throws Exception {
    String address = create(allow(HOST));
    assertThat(get(address, internet.url(HOST))).isEqualTo("hello");
    assertThat(get(address, "http://other.example/"))
        .contains("no egress rule names it", "add the egress rule other.example");
    assertThat(get(address, "--noproxy '*' " + internet.url(HOST))).doesNotContain("hello");
    JsonNode shown = shop.get("/sandboxes/" + address);
    assertThat(shown.get("network").get("allowOut").get(0).asString()).isEqualTo(HOST);
    assertThat(shown.get("allowInternetAccess").asBoolean()).isFalse();

    int port = internet.port();
    String name = create(allow("*.good.example:" + port));
    assertThat(get(name, internet.url("a.good.example"))).isEqualTo("hello");
    assertThat(get(name, "-p -x \"$HTTP_PROXY\" " + internet.url("a.good.example")))
        .isEqualTo("hello"); // by CONNECT, as TLS goes
    assertThat(get(name, internet.url("good.example")))
        .contains("add the egress rule good.example:" + port);
  }

  @Test
  void addressesInsideStayRefusedWhateverIsAllowed() throws Exception {
    String id = create("{\"allowOut\":[\"0.0.0.0/0\"]}");
    assertThat(get(id, internet.url(HOST))).isEqualTo("hello");
    assertThat(get(id, internet.url("good.example"))).isEqualTo("hello");
    assertThat(get(id, "http://169.254.169.254/")).contains("its address is link-local");
    assertThat(get(id, "http://10.0.0.1/")).contains("its address is private");
    assertThat(get(id, "--noproxy '' http://127.0.0.1:%d/".formatted(internet.port())))
        .contains("its address is loopback");
  }

  @Test
  void rulesChangeWhileItRuns() throws Exception {
    String id = create("{" + OTHERS + "}");
    assertThat(get(id, internet.url(HOST))).contains("no egress rule names it");
    put(204, id, allow(HOST));
    assertThat(get(id, internet.url(HOST))).isEqualTo("hello");
    shop.sh(id, "curl -s " + internet.url(HOST) + "hold >/dev/null 2>&1 &");
    assertThat(internet.next()).isEqualTo("begun");
    put(400, id, allow("git-hosts"));
    assertThat(get(id, internet.url(HOST))).isEqualTo("hello");
    put(204, id, "{}");
    assertThat(internet.next()).isEqualTo("ended");
    assertThat(get(id, internet.url(HOST))).contains("no egress rule names it");

    HttpResponse<String> other = shop.call("POST", "/api-keys", "{\"name\":\"other\"}");
    String secret = Shop.json(other.body()).get("key").asString();
    assertThat(shop.as(secret, "PUT", "/sandboxes/" + id + "/network", allow(HOST)).statusCode())
        .isEqualTo(404);
    assertThat(get(id, internet.url(HOST))).contains("no egress rule names it");
  }

  @Test
  void withoutRulesThereIsNoWay() throws Exception {
    String id = shop.create();
    assertThat(shop.sh(id, "env | grep -ci _proxy").get("stdout").asString()).isEqualTo("0\n");
    assertThat(get(id, internet.url(HOST))).doesNotContain("hello");
    put(204, id, "{" + OTHERS + "}");
    HttpResponse<String> refused = shop.call("PUT", "/sandboxes/" + id + "/network", allow(HOST));
    assertThat(refused.statusCode()).isEqualTo(400);
    assertThat(refused.body()).contains("pause it with");
    reopen(id);
    assertThat(get(id, internet.url(HOST))).isEqualTo("hello");
  }

  @Test
  void aServerMayOpenTheWayForThoseForWhichNothingIsSaid() throws Exception {
    shop.shop.set("DUNES_SANDBOX_INTERNET", "1");
    shop.shop.restart(shop.shop.port());
    String id = shop.create();
    assertThat(get(id, internet.url("good.example"))).isEqualTo("hello");
    assertThat(get(id, internet.url(HOST))).isEqualTo("hello");
    assertThat(get(id, "http://10.0.0.1/")).contains("its address is private");
    String closed =
        shop.create(Json.object().put("allow_internet_access", false)).get("sandboxID").asString();
    assertThat(get(closed, internet.url(HOST))).contains("no egress rule names it");

    // What is said holds until it is taken back.
    put(204, id, "{" + OTHERS + "}");
    assertThat(get(id, internet.url(HOST))).contains("no egress rule names it");
    put(204, id, "{}");
    assertThat(get(id, internet.url(HOST))).isEqualTo("hello");
  }

  /** As the refusal says. */
  private void reopen(String id) throws Exception {
    shop.post(204, "/sandboxes/" + id + "/pause", Json.object().put("memory", false));
    put(204, id, allow(HOST));
    shop.post(201, "/sandboxes/" + id + "/connect", Json.object().put("timeout", 100));
  }

  @Test
  void theNextServerKeepsTheRulesAndOpensTheWayAgain() throws Exception {
    String id = create(allow(HOST));
    String frozen = create(allow(HOST));
    assertThat(get(id, internet.url(HOST))).isEqualTo("hello");
    shop.post(204, "/sandboxes/" + frozen + "/pause", Json.object());
    shop.shop.restart(shop.shop.port());
    assertThat(get(id, internet.url(HOST))).isEqualTo("hello");
    assertThat(get(id, "http://other.example/")).contains("no egress rule names it");
    assertThat(shop.get("/sandboxes/" + id).get("network").get("allowOut").size()).isEqualTo(1);
    put(204, id, "{" + OTHERS + "}");
    assertThat(get(id, internet.url(HOST))).contains("no egress rule names it");
    put(204, id, allow(HOST));
    assertThat(get(id, internet.url(HOST))).isEqualTo("hello");
    shop.post(201, "/sandboxes/" + frozen + "/connect", Json.object());
    assertThat(get(frozen, internet.url(HOST))).isEqualTo("hello");
    put(204, id, "{" + OTHERS + "}");
    shop.shop.restart(shop.shop.port());
    assertThat(get(id, internet.url(HOST))).contains("no egress rule names it");
    reopen(id);
    assertThat(get(id, internet.url(HOST))).isEqualTo("hello");
  }

  /** A process in the sandbox that lives through it all uses the way it knows. */
  @Test
  void theWayIsThereAgainAfterTheServerWasKilled() throws Exception {
    Path place = Files.createDirectory(directory.resolve("killed"));
    Files.setPosixFilePermissions(place, PosixFilePermissions.fromString("rwx--x--x"));
    Files.createDirectory(place.resolve("program"));
    Process server = start(place);
    String id;
    try {
      JsonNode body = Shop.json("{\"templateID\":\"base\",\"network\":%s}".formatted(allow(HOST)));
      id = at(place, "POST", "/sandboxes", body.toString()).get("sandboxID").asString();
      assertThat(runAt(place, id, "curl -sS -m 20 " + internet.url(HOST))).isEqualTo("hello");
      runAt(
          place,
          id,
          "(until [ -e /tmp/go ]; do sleep 0.05; done; curl -sS -m 20 %s > /tmp/said; mv /tmp/said /tmp/done) >/dev/null 2>&1 &"
              .formatted(internet.url(HOST)));
    } finally {
      server.destroyForcibly().waitFor();
    }
    Files.delete(place.resolve("port"));
    Process next = start(place);
    try {
      assertThat(runAt(place, id, "curl -sS -m 20 " + internet.url(HOST))).isEqualTo("hello");
      assertThat(runAt(place, id, "curl -sS -m 20 http://other.example/"))
          .contains("no egress rule names it");
      assertThat(
              runAt(
                  place,
                  id,
                  "touch /tmp/go; until [ -e /tmp/done ]; do sleep 0.05; done; cat /tmp/done"))
          .isEqualTo("hello");
      at(place, "PUT", "/sandboxes/" + id + "/network", "{}");
      assertThat(runAt(place, id, "curl -sS -m 20 " + internet.url(HOST)))
          .contains("no egress rule names it");
    } finally {
      at(place, "DELETE", "/sandboxes/" + id, "");
      next.destroy();
      assertThat(next.waitFor(30, TimeUnit.SECONDS)).isTrue();
    }
  }

  private static Process start(Path place) throws Exception {
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:TieredStopAtLevel=1",
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            System.getProperty("java.class.path"),
            ServerProcess.class.getName(),
            place.toString(),
            "egress");
    builder.environment().put("DUNES_STATE", SharedPlace.state().toString());
    builder.redirectErrorStream(true).redirectOutput(place.resolve("log").toFile());
    Process process = builder.start();
    SandboxShop.await(
        "the server listens: " + place,
        () -> {
          assertThat(process.isAlive()).as(Files.readString(place.resolve("log"))).isTrue();
          return Files.exists(place.resolve("port"));
        });
    return process;
  }

  private JsonNode at(Path place, String method, String path, String body) throws Exception {
    HttpResponse<String> answer =
        shop.shop.client.send(
            HttpRequest.newBuilder(
                    URI.create(
                        "http://127.0.0.1:%s%s"
                            .formatted(Files.readString(place.resolve("port")), path)))
                .method(method, HttpRequest.BodyPublishers.ofString(body))
                .build(),
            HttpResponse.BodyHandlers.ofString());
    assertThat(answer.statusCode()).as(answer.body()).isBetween(200, 299);
    return answer.body().isEmpty() ? Json.object() : Shop.json(answer.body());
  }

  private String runAt(Path place, String id, String line) throws Exception {
    ObjectNode body = Json.object().put("cmd", "/bin/sh");
    body.putArray("args").add("-c").add(line);
    return at(place, "POST", "/sandboxes/" + id + "/processes", body.toString())
        .get("stdout")
        .asString();
  }
}
