package dev.dunes.scripted;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The server beneath. */
class HttpTest {
  private final ScriptedModel model = ScriptedModel.start();
  private final Caller caller = new Caller(model);

  @AfterEach
  void close() {
    caller.close();
    model.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"gzip", "deflate"})
  void bodiesAreUnpacked(String encoding) throws Exception {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (OutputStream out =
        encoding.equals("gzip") ? new GZIPOutputStream(packed) : new DeflaterOutputStream(packed)) {
      out.write(Bodies.messages("[[text]]").getBytes(StandardCharsets.UTF_8));
    }
    HttpResponse<String> reply =
        caller
            .client()
            .send(
                HttpRequest.newBuilder(model.uri().resolve("/v1/messages"))
                    .header("content-encoding", encoding)
                    .POST(HttpRequest.BodyPublishers.ofByteArray(packed.toByteArray()))
                    .build(),
                HttpResponse.BodyHandlers.ofString());
    assertThat(reply.body()).contains("Hello from the scripted model.");
    assertThat(model.requests().getLast().bodyText()).startsWith("{\"model\":\"m\"");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          POST / HTTP/1.1~content-encoding: br~content-length: 1~~x|415
          POST / HTTP/1.1~content-encoding: gzip~content-length: 1~~x|400
          POST / HTTP/1.1~content-length: 67108865~~|413
          POST / HTTP/1.1~transfer-encoding: chunked~~4000001~|413
          POST / HTTP/1.1~content-length: many~~|400
          GET / HTTP/1.1~: x~~|400
          GET /|400
          GET / HTTP/1.1~connection: close~~|200
          GET / HTTP/1.0~~|200
          """)
  void requestsOnTheWire(String request, int status) throws Exception {
    assertThat(raw(request + (request.contains("~~") ? "" : "~~")))
        .startsWith("HTTP/1.1 " + status + " ");
  }

  @Test
  void chunkedBodiesAreReadAndConnectionsAreKept() throws Exception {
    String twice =
        "POST /v1/messages HTTP/1.1~transfer-encoding: chunked~~"
            + "2~{\"~1f;x=y~messages\":[{\"role\":\"user\",\"cont~13~ent\":\"[[text]]\"}]} ~0~a: b~~";
    String answers = raw(twice + twice.replace("chunked~", "chunked~connection: close~"));
    assertThat(answers.split("Hello from the scripted model.", -1)).hasSize(3);
  }

  @Test
  void olderClientsGetAStreamWithoutChunks() throws Exception {
    String body = "{\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"[[text]]\"}]}";
    String answer =
        raw("POST /v1/messages HTTP/1.0~content-length: %d~~%s".formatted(body.length(), body));
    assertThat(answer).doesNotContain("chunked").endsWith("{\"type\":\"message_stop\"}\n\n");
  }

  /** Sends bytes ({@code ~} is an end of line) and reads until the other side closes. */
  private String raw(String request) throws Exception {
    try (Socket socket = new Socket("127.0.0.1", model.uri().getPort())) {
      socket.setSoTimeout(20_000);
      socket.getOutputStream().write(request.replace("~", "\r\n").getBytes(StandardCharsets.UTF_8));
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  @Test
  void theServerSaysThatItWantsTheBody() throws Exception {
    HttpResponse<String> reply =
        caller
            .client()
            .send(
                HttpRequest.newBuilder(model.uri().resolve("/v1/messages"))
                    .expectContinue(true)
                    .timeout(Duration.ofSeconds(20))
                    .POST(HttpRequest.BodyPublishers.ofString(Bodies.messages("[[text]]")))
                    .build(),
                HttpResponse.BodyHandlers.ofString());
    assertThat(reply.statusCode()).isEqualTo(200);
  }

  @Test
  void requestsAreRecordedWithTheirCredentials() throws Exception {
    caller.post("/proxy/v1/messages?beta=true", Bodies.messages("[[hello]]", "Bash"));
    RecordedRequest request = model.requests().getLast();
    assertThat(request.path()).isEqualTo("/proxy/v1/messages?beta=true");
    assertThat(request.header("X-Api-Key")).contains("any");
    assertThat(request.json().path("model").asString()).isEqualTo("m");
    assertThat(request.scenario()).isEqualTo("hello");
    assertThat(request.toString()).doesNotContain("any").doesNotContain("[[hello]]");
    String listed = caller.send("GET", "/_script/requests", "").body();
    assertThat(listed)
        .contains("\"x-api-key\":[\"any\"]")
        .contains("\"scenario\":\"hello\",\"step\":0,\"status\":200,\"aborted\":false");
    caller.send("DELETE", "/_script/requests", "");
    assertThat(model.requests()).isEmpty();
  }

  @Test
  void aClientThatLeavesASlowAnswerIsNoticed() throws Exception {
    try (Socket socket = new Socket("127.0.0.1", model.uri().getPort())) {
      String body = "{\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"[[slow]]\"}]}";
      socket
          .getOutputStream()
          .write(
              "POST /v1/messages HTTP/1.1\r\ncontent-length: %d\r\n\r\n%s"
                  .formatted(body.length(), body)
                  .getBytes(StandardCharsets.UTF_8));
      // Known before its answer is complete, which takes half a minute.
      model.await(request -> request.scenario().equals("slow"), Duration.ofSeconds(10));
    }
    assertThat(model.await(RecordedRequest::aborted, Duration.ofSeconds(10)).scenario())
        .isEqualTo("slow");
  }

  @Test
  void latencyDelaysAndCanBeLeft() throws Exception {
    assertThat(caller.send("PUT", "/_script/latency", "{\"ms\":600000}").statusCode())
        .isEqualTo(200);
    caller
        .client()
        .sendAsync(
            caller.request("POST", "/v1/messages", Bodies.messages("[[text]]")),
            HttpResponse.BodyHandlers.discarding());
    model.await(request -> request.path().equals("/v1/messages"), Duration.ofSeconds(10));
    caller.client().shutdownNow();
    assertThat(model.await(RecordedRequest::aborted, Duration.ofSeconds(10)).status()).isZero();
  }

  @Test
  void aThousandIdleStreamsTakeNoThreadEach() throws Exception {
    model.fail(new Fault.Stall(1));
    int streams = 1000;
    String body = "{\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"[[text]]\"}]}";
    byte[] request =
        "POST /v1/messages HTTP/1.1\r\ncontent-length: %d\r\n\r\n%s"
            .formatted(body.length(), body)
            .getBytes(StandardCharsets.UTF_8);
    int before = Thread.getAllStackTraces().size(); // platform threads only
    List<Socket> sockets = new ArrayList<>();
    try {
      for (int i = 0; i < streams; i++) {
        Socket socket = new Socket("127.0.0.1", model.uri().getPort());
        socket.setSoTimeout(20_000);
        sockets.add(socket);
        socket.getOutputStream().write(request);
      }
      for (Socket socket : sockets) {
        assertThat(socket.getInputStream().read()).isEqualTo('H');
      }
      assertThat(Thread.getAllStackTraces().size() - before).isLessThan(50);
    } finally {
      for (Socket socket : sockets) {
        socket.close();
      }
    }
    assertThat(model.requests()).hasSize(streams);
  }
}
