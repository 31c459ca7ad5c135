package dev.dunes.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import dev.dunes.gateway.Gateway;
import dev.dunes.gateway.GatewayOptions;
import dev.dunes.server.http.Json;
import dev.dunes.server.tls.HostAuthority;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Headers that requests of a sandbox get on their way out, and the secrets in them: the host has
 * them, the sandbox and the clients do not. E2B wire 2.3, 2.4, 4.13.
 */
@Timeout(300)
class NetworkRulesTest {
  private static final String ADDRESS = "127.0.0.2";
  private static final String HOST = "api.good.example";
  private static final String SECRET = "sk-live-of-the-test-0123456789";

  @TempDir Path directory;
  private SandboxShop shop;
  private HttpsServer internet;

  @BeforeEach
  void open() throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/curl")), "curl is not installed");
    HostAuthority world = new HostAuthority(directory.resolve("world"));
    internet = HttpsServer.create(new InetSocketAddress(ADDRESS, 0), 50);
    internet.setHttpsConfigurator(new HttpsConfigurator(world.of(HOST)));
    internet.createContext("/", NetworkRulesTest::tell);
    internet.start();
    SSLContext trust = trusting(world.certificate());
    shop = new SandboxShop(directory);
    shop.shop.gateways(options -> gateway(options, trust));
    shop.shop.server();
  }

  /** Says who asked, which only the host can know. */
  private static void tell(HttpExchange exchange) throws IOException {
    try (exchange) {
      byte[] body = exchange.getRequestBody().readAllBytes();
      String text =
          "%s %s auth=%s own=%s body=%s"
              .formatted(
                  exchange.getRequestMethod(),
                  exchange.getRequestURI(),
                  exchange.getRequestHeaders().getOrDefault("Authorization", List.of()),
                  exchange.getRequestHeaders().getOrDefault("X-Own", List.of()),
                  new String(body, UTF_8));
      // As a careful host would: a digest instead of the credential itself.
      byte[] said = text.replace(SECRET, "THE-SECRET").getBytes(UTF_8);
      exchange.sendResponseHeaders(200, said.length);
      exchange.getResponseBody().write(said);
    }
  }

  static SSLContext trusting(String pem) throws Exception {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    store.setCertificateEntry(
        "world",
        CertificateFactory.getInstance("X.509")
            .generateCertificate(new ByteArrayInputStream(pem.getBytes(UTF_8))));
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(store);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trust.getTrustManagers(), null);
    return context;
  }

  private static Gateway gateway(GatewayOptions options, SSLContext trust) {
    return Gateway.open(
        options.toBuilder()
            // An address of loopback stands for the internet here.
            .reachablePrivateNetworks(List.of(ADDRESS + "/32"))
            .resolver(NetworkRulesTest::resolve)
            .hostTrust(trust)
            .build());
  }

  private static List<InetAddress> resolve(String name) throws UnknownHostException {
    if (!name.endsWith("good.example")) {
      throw new UnknownHostException(name);
    }
    return List.of(InetAddress.ofLiteral(ADDRESS));
  }

  @AfterEach
  void close() {
    if (shop != null) {
      shop.close();
    }
    if (internet != null) {
      internet.stop(0);
    }
  }

  private int port() {
    return internet.getAddress().getPort();
  }

  private String url() {
    return "https://%s:%d/".formatted(HOST, port());
  }

  /** A network that reaches the host, with this header set there. */
  private ObjectNode network(String value) {
    ObjectNode network = Json.object();
    network.putArray("allowOut").add("*.good.example:" + port());
    network.putArray("denyOut").add("0.0.0.0/0");
    network
        .putObject("rules")
        .putArray(HOST)
        .addObject()
        .putObject("transform")
        .putObject("headers")
        .put("Authorization", value);
    return network;
  }

  private String create(ObjectNode network) throws Exception {
    ObjectNode body = Json.object().put("templateID", "base");
    body.set("network", network);
    return shop.post(201, "/sandboxes", body).get("sandboxID").asString();
  }

  private String run(String id, String line) throws Exception {
    return shop.sh(id, line + " 2>&1").get("stdout").asString();
  }

  private String curl(String id) throws Exception {
    return run(id, "curl -sS -m 20 -H 'X-Own: mine' -H 'Authorization: none' " + url() + "a?b");
  }

  private void secret(String value) throws Exception {
    JsonNode made =
        shop.post(201, "/secrets", Json.object().put("name", "Model-Key").put("value", value));
    assertThat(made.get("name").asString()).isEqualTo("model-key");
    assertThat(made.toString()).doesNotContain(value);
  }

  @Test
  void theHostGetsTheSecretAndTheSandboxDoesNotHaveIt() throws Exception {
    secret(SECRET);
    String id = create(network("Bearer ${e2b.secrets.model-key}"));
    assertThat(curl(id)).isEqualTo("GET /a?b auth=[Bearer THE-SECRET] own=[mine] body=");
    assertThat(run(id, "curl -sSv -m 20 -d hello " + url())).contains("body=hello");
    // wherever it looks, a program in the sandbox does not find it
    String all =
        run(
            id,
            "env; cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline | tr '\\0' '\\n'; grep -rs sk-live /tmp /home /run /etc; curl -sv -m 20 "
                + url());
    assertThat(all).contains("auth=[Bearer THE-SECRET]").doesNotContain(SECRET);
    // nor does a client
    JsonNode shown = shop.get("/sandboxes/" + id);
    assertThat(shown.get("network").get("rules").toString())
        .isEqualTo(
            "{\"%s\":[{\"transform\":{\"headers\":{\"Authorization\":\"Bearer ${e2b.secrets.model-key}\"}}}]}"
                .formatted(HOST));
    assertThat(shown.toString() + shop.get("/secrets") + shop.get("/secrets/model-key"))
        .doesNotContain(SECRET);
    // TLS that nothing is set in is passed on as it is: the host's own authority is unknown there
    assertThat(run(id, "curl -sS -m 20 https://b.good.example:%d/".formatted(port())))
        .contains("certificate");
    assertThat(run(id, "curl -sS -m 20 http://%s:%d/".formatted(HOST, port())))
        .contains("use https://");
  }

  @Test
  void programsTrustTheWayOutByThemselves() throws Exception {
    secret(SECRET);
    String id = create(network("Bearer ${e2b.secrets.model-key}"));
    assertThat(
            run(
                id,
                "python3 -c 'import urllib.request as u; print(u.urlopen(\"%s\").read().decode())'"
                    .formatted(url())))
        .contains("auth=[Bearer THE-SECRET]");
    if (run(id, "node -p 'process.allowedNodeEnvironmentFlags.has(\"--use-env-proxy\")'")
        .contains("true")) {
      assertThat(
              run(
                  id,
                  "NODE_USE_ENV_PROXY=1 node -e 'fetch(\"%s\").then(r => r.text()).then(console.log)'"
                      .formatted(url())))
          .contains("auth=[Bearer THE-SECRET]");
    }
    if (run(id, "command -v git").contains("git")) {
      assertThat(run(id, "git ls-remote " + url() + "x.git; echo code $?"))
          .isEqualTo("code 0\n"); // an empty repository for all it knows
    }
    // what a system trusts anyway is trusted still
    assertThat(run(id, "grep -c BEGIN $SSL_CERT_FILE; grep -c BEGIN $NODE_EXTRA_CA_CERTS"))
        .matches("\\d{2,}\n1\n");
  }

  @Test
  void secretsChangeAndGo() throws Exception {
    secret("first");
    String id = create(network("${e2b.secrets.model-key}"));
    assertThat(curl(id)).contains("auth=[first]");
    JsonNode changed = shop.post(200, "/secrets/MODEL-KEY", Json.object().put("value", "second"));
    assertThat(changed.get("currentVersion").asInt()).isEqualTo(2);
    assertThat(curl(id)).contains("auth=[second]");
    HttpResponse<String> key = shop.call("POST", "/api-keys", "{\"name\":\"other\"}");
    String other = Shop.json(key.body()).get("key").asString();
    assertThat(shop.as(other, "GET", "/secrets/model-key", "").statusCode()).isEqualTo(404);
    assertThat(shop.as(other, "DELETE", "/secrets/model-key", "").statusCode()).isEqualTo(404);
    assertThat(shop.as(other, "GET", "/secrets", "").body()).isEqualTo("[]");
    assertThat(
            shop.as(other, "POST", "/secrets", "{\"name\":\"model-key\",\"value\":\"theirs\"}")
                .statusCode())
        .isEqualTo(201);
    assertThat(curl(id)).contains("auth=[second]");
    assertThat(shop.call("DELETE", "/secrets/model-key", "").statusCode()).isEqualTo(204);
    assertThat(curl(id)).contains("secret 'model-key' not found", "POST /secrets");
    assertThat(shop.call("DELETE", "/secrets/model-key", "").statusCode()).isEqualTo(404);
  }

  @Test
  void rulesChangeWhileItRunsAndOutliveServersAndPauses() throws Exception {
    String id = create(network("one"));
    assertThat(curl(id)).contains("auth=[one]");
    put(id, network("two"));
    assertThat(curl(id)).contains("auth=[two]");
    shop.shop.restart(shop.shop.port());
    assertThat(curl(id)).contains("auth=[two]");
    shop.post(204, "/sandboxes/" + id + "/pause", Json.object().put("memory", false));
    shop.post(201, "/sandboxes/" + id + "/connect", Json.object().put("timeout", 100));
    assertThat(curl(id)).contains("auth=[two]");
    ObjectNode without = network("three");
    without.remove("rules");
    put(id, without);
    assertThat(curl(id)).contains("certificate"); // the host's own, which is unknown there
    assertThat(shop.get("/sandboxes/" + id).get("network").has("rules")).isFalse();
    put(id, network("four"));
    assertThat(curl(id)).contains("auth=[four]");
  }

  private void put(String id, ObjectNode network) throws Exception {
    HttpResponse<String> answer =
        shop.call("PUT", "/sandboxes/" + id + "/network", network.toString());
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(204);
  }

  @Test
  void aProxyOfTheUsersOwnIsTakenOrNothingIs() throws Exception {
    ObjectNode network = network("one");
    network
        .putObject("egressProxy")
        .put("address", ADDRESS + ":9")
        .put("username", "me")
        .put("password", "pass-word-of-the-test");
    String id = create(network);
    assertThat(curl(id)).contains("502").doesNotContain("auth=");
    JsonNode shown = shop.get("/sandboxes/" + id);
    assertThat(shown.get("network").get("egressProxy").toString())
        .isEqualTo("{\"address\":\"%s:9\",\"username\":\"me\"}".formatted(ADDRESS));
    assertThat(shown.toString()).doesNotContain("pass-word-of-the-test");
    put(id, network("two"));
    assertThat(curl(id)).contains("auth=[two]");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"rules\":[]}",
        "{\"rules\":{\"*\":[]}}; no transform: nothing to set",
        "{\"rules\":{\"*\":[{\"transform\":{\"headers\":{\"a\":\"b\"}}}]}}",
        "{\"rules\":{\"a.example\":{}}}",
        "{\"rules\":{\"a.example/b\":[{\"transform\":{\"headers\":{}}}]}}",
        "{\"rules\":{\"a.example\":[{},{}]}}",
        "{\"rules\":{\"a.example\":[{\"transform\":{\"headers\":{\"Host\":\"b\"}}}]}}",
        "{\"rules\":{\"a.example\":[{\"transform\":{\"headers\":{\"a b\":\"c\"}}}]}}",
        "{\"rules\":{\"a.example\":[{\"transform\":{\"headers\":{\"a\":\"b\\r\\nc: d\"}}}]}}",
        "{\"rules\":{\"a.example\":[{\"transform\":{\"headers\":{\"a\":1}}}]}}",
        "{\"rules\":{\"a.example\":[{\"transform\":{\"headers\":{\"a\":\"${e2b.identity.tokens.x}\"}}}]}}",
        "{\"rules\":{\"a.example\":[{\"transform\":{\"headers\":{\"a\":\"${e2b.secrets.x\"}}}]}}",
        "{\"egressProxy\":{}}",
        "{\"egressProxy\":{\"address\":\"nowhere\"}}",
        "{\"egressProxy\":{\"address\":\"a.example:1\",\"password\":\"x\"}}"
      })
  void whatCannotBeIsRefused(String network) throws Exception {
    int end = network.indexOf(';');
    String json = end < 0 ? network : network.substring(0, end);
    HttpResponse<String> answer =
        shop.call("POST", "/sandboxes", "{\"templateID\":\"base\",\"network\":%s}".formatted(json));
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(end < 0 ? 400 : 201);
  }

  @Test
  void limitsAreKept() throws Exception {
    ObjectNode network = Json.object();
    ObjectNode rules = network.putObject("rules");
    for (int i = 0; i < 11; i++) {
      rules.putArray("h%d.example".formatted(i)).addObject().putObject("transform");
    }
    assertThat(refused(network)).contains("at most 10 domains");
    ObjectNode many = Json.object();
    ObjectNode headers =
        many.putObject("rules")
            .putArray("a.example")
            .addObject()
            .putObject("transform")
            .putObject("headers");
    for (int i = 0; i < 21; i++) {
      headers.put("x-" + i, "");
    }
    assertThat(refused(many)).contains("at most 20 headers");
    headers.removeAll();
    headers.put("a", "v".repeat(2049));
    assertThat(refused(many)).contains("at most 2048");
    headers.removeAll();
    headers.put("n".repeat(65), "v");
    assertThat(refused(many)).contains("at most 64");
  }

  private String refused(ObjectNode network) throws Exception {
    ObjectNode body = Json.object().put("templateID", "base");
    body.set("network", network);
    HttpResponse<String> answer = shop.call("POST", "/sandboxes", body.toString());
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(400);
    return answer.body();
  }

  @Test
  void secretsAreListedInPagesAndCheckedWhenTheyAreMade() throws Exception {
    for (String name : List.of("b", "a", "C")) {
      shop.post(201, "/secrets", Json.object().put("name", name).put("value", "x"));
    }
    HttpResponse<String> first = shop.call("GET", "/secrets?limit=2", "");
    assertThat(names(first)).containsExactly("a", "b");
    String next = first.headers().firstValue("x-next-token").orElseThrow();
    HttpResponse<String> second = shop.call("GET", "/secrets?limit=2&nextToken=" + next, "");
    assertThat(names(second)).containsExactly("c");
    assertThat(second.headers().firstValue("x-next-token")).isEmpty();
    String id = Shop.json(second.body()).get(0).get("secretID").asString();
    assertThat(shop.get("/secrets/" + id).get("name").asString()).isEqualTo("c");
    for (String bad :
        List.of(
            "{}",
            "{\"name\":\"x\"}",
            "{\"name\":\"\",\"value\":\"x\"}",
            "{\"name\":\"a}b\",\"value\":\"x\"}",
            "{\"name\":\"sec_x\",\"value\":\"x\"}",
            "{\"name\":\"%s\",\"value\":\"x\"}".formatted("n".repeat(129)),
            "{\"name\":\"x\",\"value\":\"\"}",
            "{\"name\":\"x\",\"value\":\"a\\nb\"}",
            "{\"name\":\"x\",\"value\":\"x\",\"metadata\":{\"a\":1}}")) {
      HttpResponse<String> answer = shop.call("POST", "/secrets", bad);
      assertThat(answer.statusCode()).as(bad).isEqualTo(400);
    }
    assertThat(shop.call("POST", "/secrets", "{\"name\":\"A\",\"value\":\"x\"}").statusCode())
        .isEqualTo(409);
    // kept for the owner's eyes only
    try (Stream<Path> files = Files.walk(directory)) {
      List<Path> kept =
          new ArrayList<>(files.filter(file -> file.endsWith("secrets.json")).toList());
      assertThat(kept).hasSize(1);
      assertThat(Files.getPosixFilePermissions(kept.getFirst()))
          .allMatch(each -> each.name().startsWith("OWNER"));
    }
  }

  private static List<String> names(HttpResponse<String> answer) {
    List<String> names = new ArrayList<>();
    Shop.json(answer.body()).forEach(row -> names.add(row.get("name").asString()));
    return names;
  }

  @Test
  void throughThePublishedClient() throws Exception {
    Path modules = NodeClient.modules();
    String script =
        Path.of(
                System.getProperty("dunes.root"),
                "server/src/test/resources/clients/network-rules.mjs")
            .toString();
    ProcessBuilder builder = new ProcessBuilder("node", script, modules.toString(), url());
    builder.redirectErrorStream(true);
    builder.environment().keySet().removeIf(name -> name.startsWith("E2B_"));
    String server = shop.shop.server().uri().toString();
    builder.environment().put("E2B_API_KEY", SandboxShop.KEY);
    builder.environment().put("E2B_API_URL", server);
    builder.environment().put("E2B_SANDBOX_URL", server);
    Process process = builder.start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(output.lines())
        .containsExactly(
            "secret [\"model-key\",1,{\"team\":\"a\"}]",
            "listed [\"model-key\"]",
            "placeholder \"${e2b.secrets.model-key}\"",
            "asked \"auth=[Bearer value-1]\"",
            "rules {\"%s\":[{\"transform\":{\"headers\":{\"Authorization\":\"Bearer ${e2b.secrets.model-key}\"}}}]}"
                .formatted(HOST),
            "updated 2",
            "asked \"auth=[Bearer value-2]\"",
            "changed \"auth=[plain]\"",
            "destroyed [true,false]");
  }
}
