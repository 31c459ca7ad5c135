package dev.dunes.gateway;

import static dev.dunes.gateway.GatewayFixture.KEY;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** Whatever goes wrong: keys and tokens are in no answer, event, log or text of an object. */
class KeysStayInsideTest {
  private final GatewayFixture fixture = new GatewayFixture();

  @AfterEach
  void close() {
    fixture.close();
  }

  private static void misbehave(FakeProvider.Asked asked, Socket connection) throws IOException {
    String shown = asked.header("x-api-key").orElse("none");
    switch (asked.text()) {
      case "401" -> FakeProvider.say(connection, 401, "text/plain", "no such key: " + shown);
      case "cut" -> {
        FakeProvider.beginStream(connection);
        FakeProvider.chunk(connection, "data: {}\n\n");
        connection.close();
      }
      case "nonsense" -> {
        FakeProvider.write(connection, "HTTP/1.1 abc " + shown + "\r\n\r\n");
        connection.close();
      }
      case "lengths" ->
          FakeProvider.write(
              connection, "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab");
      case "silence" -> connection.close();
      default -> FakeProvider.say(connection, 200, "application/json", "{}");
    }
  }

  @Test
  void whateverGoesWrong() throws Exception {
    List<String> shown = new ArrayList<>();
    try (FakeProvider provider = FakeProvider.answering(KeysStayInsideTest::misbehave)) {
      GatewayLease lease = fixture.anthropic(provider.base());
      String token = lease.token();
      for (String body : List.of("ok", "401", "nonsense", "lengths", "silence")) {
        RawClient.Answer answer = fixture.ask(RawClient.post("/v1/messages", token, body));
        shown.add(answer.head() + answer.text());
      }
      try (RawClient client = fixture.client()) {
        client.send(RawClient.post("/v1/messages", token, "cut"));
        shown.add(new String(client.toEnd()));
      }
      shown.add(fixture.ask(RawClient.post("/" + "x".repeat(9), token, "")).text());
      shown.add(fixture.ask("BAD\0LINE " + token + "\r\n\r\n").text());
      shown.add(
          RawClient.exchange(
                  fixture.gateway.proxySocket(),
                  "CONNECT a.example:443 HTTP/1.1\r\nProxy-Authorization: Basic "
                      + token
                      + "\r\n\r\n")
              .text());
      shown.add(lease + " " + fixture.gateway + " " + provider.asked().header("x-none"));
      lease.close();
      shown.add(fixture.seen().toString());
      assertThat(provider.asked().header("x-api-key")).contains(KEY); // the control
      assertThat(String.join("\n", shown)).doesNotContain(KEY).doesNotContain(token);

      LoggerFactory.getLogger("control").info("the logs are {}", "read");
      assertThat(CollectedLogs.text())
          .contains("the logs are read")
          .doesNotContain(KEY)
          .doesNotContain(token);
    }
  }
}
