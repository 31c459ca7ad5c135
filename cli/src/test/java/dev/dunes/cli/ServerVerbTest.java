package dev.dunes.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** {@code ds server} as a process. Agent API, sheets 2.5 and 2.11. */
class ServerVerbTest extends ServerCase {
  private record Served(Process process, String url) {}

  private Served serve(String... arguments) throws IOException {
    return serveWith("", arguments);
  }

  private Served serveWith(String token, String... arguments) throws IOException {
    Process process =
        start(
            Map.of("DUNES_MOCK_PACE", "0", "RUST_LOG", "off", "DUNES_TOKEN", token),
            List.of(arguments));
    return new Served(process, url(process));
  }

  private static HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
    try (HttpClient client = HttpClient.newHttpClient()) {
      return client.send(
          request.timeout(Duration.ofSeconds(20)).build(), HttpResponse.BodyHandlers.ofString());
    }
  }

  private static HttpRequest.Builder get(String url) {
    return HttpRequest.newBuilder(URI.create(url));
  }

  private static void end(Served server, String signal, int code) throws Exception {
    end(server.process(), signal, code);
  }

  @Test
  void itWantsToKnowWhoMayAsk() {
    DsProcess.Done done = ds.run("server", "-p", "0");
    assertThat(done.err()).isEqualTo("missing --token or --no-token for server mode\n");
    assertThat(done.out()).isEmpty();
    assertThat(done.code()).isEqualTo(1);
    assertThat(ds.run("server", "-p", "0", "--token", "").code()).isEqualTo(1);
    assertThat(ds.run("server", "-n", "-p", "70000").code()).isEqualTo(2);
    assertThat(ds.run("server", "-n", "--no-such").code()).isEqualTo(2);
    DsProcess.Done cors = ds.run("server", "-n", "-p", "0", "-C");
    assertThat(cors.code()).isEqualTo(1);
    assertThat(cors.err()).startsWith("❌ ").contains("origin");
  }

  @Test
  void theTokenIsAskedForAndTheApiServed() throws Exception {
    Served server = serve("-t", "secret", "server", "-p", "0", "--no-telemetry");
    assertThat(send(get(server.url() + "/v1/health")).body()).isEqualTo("{\"status\":\"ok\"}");
    assertThat(send(get(server.url() + "/v1/sessions")).statusCode()).isEqualTo(401);
    assertThat(
            send(get(server.url() + "/v1/sessions").header("authorization", "Token secret")).body())
        .isEqualTo("{\"sessions\":[]}");
    assertThat(send(get(server.url() + "/health")).statusCode()).isEqualTo(200);
    assertThat(
            ds.run(
                    "api",
                    "sessions",
                    "create",
                    "s1",
                    "-a",
                    "mock",
                    "-e",
                    server.url(),
                    "-t",
                    "secret")
                .out())
        .contains("\"healthy\": true");
    assertThat(
            ds.run(
                    "api",
                    "sessions",
                    "send-message-stream",
                    "s1",
                    "-m",
                    "echo hi",
                    "-e",
                    server.url(),
                    "-t",
                    "secret")
                .out())
        .contains("\"delta\":\"hi\"");
    end(server, "TERM", 143);
    Served again = serve("server", "-p", "0", "-n", "-t", "secret");
    assertThat(send(get(again.url() + "/v1/sessions")).body()).contains("\"sessionId\":\"s1\"");
    end(again, "INT", 130);
  }

  @Test
  void theTokenMayComeFromTheEnvironment() throws Exception {
    Served server = serveWith("from-outside", "server", "-p", "0");
    assertThat(send(get(server.url() + "/v1/sessions")).statusCode()).isEqualTo(401);
    HttpRequest.Builder ask = get(server.url() + "/v1/sessions");
    assertThat(send(ask.header("authorization", "Bearer from-outside")).statusCode())
        .isEqualTo(200);
    end(server, "TERM", 143);
  }

  @Test
  void theLogHasALineForEachRequestAndNoneWithAPromptOrAToken() throws Exception {
    Map<String, String> environment =
        Map.of("DUNES_MOCK_PACE", "0", "RUST_LOG", "trace", "DUNES_TOKEN", "token-nobody-sees");
    Process process = start(environment, List.of("server", "-p", "0"));
    CompletableFuture<String> log =
        CompletableFuture.supplyAsync(() -> all(process.getErrorStream()));
    Served server = new Served(process, url(process));
    String acp = server.url() + "/v1/acp/x?agent=mock";
    ask(acp, 0, "initialize", "{\"protocolVersion\":1}");
    String made = ask(acp, 1, "session/new", "{\"cwd\":\"/tmp\",\"mcpServers\":[]}");
    String session = made.replaceAll("(?s).*\"sessionId\":\"([^\"]+)\".*", "$1");
    String prompt =
        "{\"sessionId\":\"%s\",\"prompt\":[{\"type\":\"text\",\"text\":\"echo words-nobody-sees\"}]}";
    assertThat(ask(acp, 2, "session/prompt", prompt.formatted(session))).contains("end_turn");
    HttpRequest.Builder wrong =
        get(server.url() + "/v1/acp/nobody?access_token=token-nobody-sees")
            .header("accept", "text/event-stream");
    assertThat(send(wrong).statusCode()).isEqualTo(404);
    end(server, "TERM", 143);
    String said = log.get(60, TimeUnit.SECONDS);
    List<String> requests = said.lines().filter(line -> line.contains("path=/v1/acp")).toList();
    assertThat(requests).as(said).hasSize(4).allMatch(line -> line.length() < 1000);
    assertThat(said).doesNotContain("words-nobody-sees").doesNotContain("token-nobody-sees");
  }

  private static String all(InputStream stream) {
    try (stream) {
      return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String ask(String url, int id, String method, String params) throws Exception {
    String envelope =
        "{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"%s\",\"params\":%s}"
            .formatted(id, method, params);
    HttpResponse<String> answer =
        send(
            HttpRequest.newBuilder(URI.create(url))
                .header("authorization", "Bearer token-nobody-sees")
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(envelope)));
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return answer.body();
  }

  @Test
  void pagesOfOtherOriginsAskOnlyWhenToldSo() throws Exception {
    Served closed = serve("server", "-n", "-p", "0");
    HttpRequest.Builder ask =
        get(closed.url() + "/v1/agents").header("x-test", "1").header("accept", "*/*");
    assertThat(send(ask).headers().firstValue("access-control-allow-origin")).isEmpty();
    end(closed, "TERM", 143);
    Served open =
        serve("server", "-n", "-p", "0", "-O", "https://a.example", "-M", "GET", "-A", "x-a");
    HttpResponse<String> answer =
        send(
            get(open.url() + "/v1/agents")
                .method("GET", HttpRequest.BodyPublishers.noBody())
                .header("Origin", "https://a.example"));
    assertThat(answer.headers().firstValue("access-control-allow-origin"))
        .contains("https://a.example");
    end(open, "TERM", 143);
  }
}
