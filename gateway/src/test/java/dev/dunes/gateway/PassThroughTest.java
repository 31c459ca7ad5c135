package dev.dunes.gateway;

import static dev.dunes.gateway.GatewayFixture.KEY;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What goes through to a provider of Messages, and what does not. */
class PassThroughTest {
  private static final String MESSAGE =
      "{\"id\":\"msg_1\",\"type\":\"message\",\"model\":\"claude-sonnet-4-5\",\"content\":[],"
          + "\"usage\":{\"input_tokens\":120,\"output_tokens\":20}}";

  private final GatewayFixture fixture = new GatewayFixture();

  @AfterEach
  void close() {
    fixture.close();
  }

  @Test
  void bytesPassUnchangedAndTheKeyIsAdded() throws Exception {
    String body = "{\"model\":\"m\",  \"odd\" : [1.50, \"\\u00e4ä\"],\"unknown\":null}";
    String answer = "{\"usage\" : {\"input_tokens\":1,\"output_tokens\":2},\"x\":\"ü\"}";
    try (FakeProvider provider = FakeProvider.saying(200, "application/json", answer);
        GatewayLease lease = fixture.anthropic(provider.base())) {
      RawClient.Answer got =
          fixture.ask(RawClient.post("/v1/messages?beta=true", lease.token(), body));

      assertThat(got.status()).isEqualTo(200);
      assertThat(got.text()).isEqualTo(answer);
      FakeProvider.Asked asked = provider.asked();
      assertThat(asked.line()).isEqualTo("POST /v1/messages?beta=true HTTP/1.1");
      assertThat(asked.text()).isEqualTo(body);
      assertThat(asked.header("x-api-key")).contains(KEY);
      assertThat(asked.header("anthropic-version")).contains("2023-06-01");
      assertThat(asked.header("host")).contains("127.0.0.1:" + provider.port());
      assertThat(asked.header("authorization")).isEmpty();
      assertThat(asked.all()).doesNotContain(lease.token());
    }
  }

  @Test
  void nothingThatShowsWhoAsksPasses() throws Exception {
    try (FakeProvider provider = FakeProvider.saying(200, "application/json", MESSAGE);
        GatewayLease lease = fixture.anthropic(provider.base())) {
      String request =
          "POST /v1/messages?key=evil1&beta=true&%6bey=evil2&access_token=evil3 HTTP/1.1\r\n"
              + "Host: evil4.example\r\nx-api-key: "
              + lease.token()
              + "\r\nCookie: evil5\r\nProxy-Authorization: Basic evil6\r\napi-key: evil7\r\n"
              + "x-goog-api-key: evil8\r\nX-Amz-Security-Token: evil9\r\nopenai-organization: evil10\r\n"
              + "X-Forwarded-For: evil11\r\nForwarded: evil12\r\nConnection: keep-alive, X-Own\r\n"
              + "X-Own: evil13\r\nTE: evil14\r\nUpgrade: evil15\r\nAccept-Encoding: evil16\r\n"
              + "x-kept: yes\r\nanthropic-beta: a,b\r\ncontent-length: 2\r\n\r\n{}";
      assertThat(fixture.ask(request).status()).isEqualTo(200);

      FakeProvider.Asked asked = provider.asked();
      assertThat(asked.all()).doesNotContain("evil").doesNotContain(lease.token());
      assertThat(asked.header("x-kept")).contains("yes");
      assertThat(asked.header("anthropic-beta")).contains("a,b");
      assertThat(asked.line()).startsWith("POST /v1/messages?beta=true ");
    }
  }

  @Test
  void theTokenIsTakenAsBearerAndAsKeys() throws Exception {
    try (FakeProvider provider = FakeProvider.saying(200, "application/json", MESSAGE);
        GatewayLease lease = fixture.anthropic(provider.base())) {
      for (String header :
          new String[] {
            "Authorization: Bearer ", "authorization: bearer ", "x-api-key: ", "x-goog-api-key: "
          }) {
        String request =
            "POST /v1/messages HTTP/1.1\r\nHost: a\r\n"
                + header
                + lease.token()
                + "\r\ncontent-length: 2\r\n\r\n{}";
        assertThat(fixture.ask(request).status()).as(header).isEqualTo(200);
        assertThat(provider.asked().header("x-api-key")).contains(KEY);
      }
    }
  }

  @Test
  void aWrongTokenReachesNothing() throws Exception {
    try (FakeProvider provider = FakeProvider.saying(200, "application/json", MESSAGE);
        GatewayLease lease = fixture.anthropic(provider.base())) {
      for (String token :
          new String[] {"", "x", lease.token() + "x", lease.token().substring(1), KEY}) {
        RawClient.Answer answer = fixture.ask(RawClient.post("/v1/messages", token, "{}"));
        assertThat(answer.status()).isEqualTo(401);
        assertThat(answer.text()).contains("\"type\":\"authentication_error\"");
        assertThat(answer.header("x-should-retry")).isEqualTo("false");
      }
      assertThat(provider.waiting()).isZero();
      assertThat(fixture.ask(RawClient.post("/v1/messages", lease.token(), "{}")).status())
          .isEqualTo(200);
    }
  }

  @Test
  void aTokenServesItsOwnLeaseOnlyWhileItLasts() throws Exception {
    try (FakeProvider one = FakeProvider.saying(200, "application/json", MESSAGE);
        FakeProvider two = FakeProvider.saying(200, "application/json", MESSAGE);
        GatewayLease second = fixture.anthropic(two.base())) {
      GatewayLease first = fixture.anthropic(one.base());
      fixture.ask(RawClient.post("/v1/messages", first.token(), "{}"));
      fixture.ask(RawClient.post("/v1/messages", second.token(), "{}"));
      assertThat(one.asked().line()).startsWith("POST");
      assertThat(two.asked().line()).startsWith("POST");
      assertThat(first.usage().requests()).isEqualTo(1);

      first.close();
      assertThat(fixture.ask(RawClient.post("/v1/messages", first.token(), "{}")).status())
          .isEqualTo(401);
      assertThat(fixture.ask(RawClient.post("/v1/messages", second.token(), "{}")).status())
          .isEqualTo(200);
      assertThat(one.waiting()).isZero();
    }
  }

  @Test
  void onlyKnownRoutesAreServed() throws Exception {
    try (FakeProvider provider = FakeProvider.saying(200, "application/json", MESSAGE);
        GatewayLease lease = fixture.anthropic(provider.base())) {
      for (String path :
          new String[] {
            "/",
            "/v1",
            "/v1/files",
            "/v1/messages/",
            "/v1/messages/batches",
            "/v1/../v1/messages",
            "/v1/%6dessages",
            "//v1/messages",
            "/V1/messages",
            "/v1/messages;x",
            "/v1/organizations",
            "http://localhost/v1/messages",
            "*",
            "/v1/messages%3Fx",
            "/apis/v1/messages"
          }) {
        RawClient.Answer answer = fixture.ask(RawClient.post(path, lease.token(), "{}"));
        assertThat(answer.status()).as(path).isEqualTo(404);
        assertThat(answer.text())
            .startsWith("{\"type\":\"error\",\"error\":{\"type\":\"not_found_error\"");
      }
      for (String method : new String[] {"GET", "PUT", "DELETE", "PATCH", "OPTIONS", "CONNECT"}) {
        String request =
            method
                + " /v1/messages HTTP/1.1\r\nHost: a\r\nx-api-key: "
                + lease.token()
                + "\r\n\r\n";
        assertThat(fixture.ask(request).status()).as(method).isEqualTo(404);
      }
      assertThat(provider.waiting()).isZero();
    }
  }

  @Test
  void sideRoutesOfMessages() throws Exception {
    try (FakeProvider provider =
            FakeProvider.saying(200, "application/json", "{\"input_tokens\":120}");
        GatewayLease lease = fixture.anthropic(provider.base())) {
      assertThat(
              fixture
                  .ask(RawClient.post("/v1/messages/count_tokens?beta=true", lease.token(), "{}"))
                  .text())
          .isEqualTo("{\"input_tokens\":120}");
      assertThat(provider.asked().line())
          .isEqualTo("POST /v1/messages/count_tokens?beta=true HTTP/1.1");

      String models =
          "GET /v1/models?limit=1 HTTP/1.1\r\nHost: a\r\nanthropic-version: 2023-06-01\r\nx-api-key: "
              + lease.token()
              + "\r\n\r\n";
      assertThat(fixture.ask(models).status()).isEqualTo(200);
      assertThat(provider.asked().line()).isEqualTo("GET /v1/models?limit=1 HTTP/1.1");

      try (RawClient client = fixture.client()) {
        client.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
        assertThat(client.until("\r\n\r\n")).startsWith("HTTP/1.1 200");
      }
      assertThat(lease.usage()).isEqualTo(ModelUsage.NONE);
    }
  }

  @Test
  void aStreamArrivesPieceByPiece() throws Exception {
    CountDownLatch firstRead = new CountDownLatch(1);
    try (FakeProvider provider =
            FakeProvider.answering((asked, connection) -> {
              FakeProvider.beginStream(connection);
              FakeProvider.chunk(connection, "event: ping\ndata: {\"type\":\"ping\"}\n\n");
              if (firstRead.await(10, TimeUnit.SECONDS)) {
                FakeProvider.chunk(connection, "event: message_stop\ndata: {}\n\n");
                FakeProvider.endStream(connection);
              }
            });
        GatewayLease lease = fixture.anthropic(provider.base());
        RawClient client = fixture.client()) {
      client.send(RawClient.post("/v1/messages", lease.token(), "{\"stream\":true}"));
      assertThat(client.until("\r\n\r\n").toLowerCase())
          .contains("content-type: text/event-stream");
      assertThat(client.chunk()).isEqualTo("event: ping\ndata: {\"type\":\"ping\"}\n\n");
      firstRead.countDown(); // only now does the provider go on
      assertThat(client.chunk()).isEqualTo("event: message_stop\ndata: {}\n\n");
      assertThat(client.chunk()).isEmpty();
      assertThat(lease.lastActivity()).isNotNull();
    }
  }

  @Test
  void aRequestIsPassedOnBeforeItsEnd() throws Exception {
    try (FakeProvider provider = FakeProvider.saying(200, "application/json", MESSAGE);
        GatewayLease lease = fixture.anthropic(provider.base());
        RawClient client = fixture.client()) {
      client.send(
          "POST /v1/messages HTTP/1.1\r\nHost: a\r\nx-api-key: "
              + lease.token()
              + "\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
      client.send("6\r\n world\r\n0\r\n\r\n");
      assertThat(client.answer().status()).isEqualTo(200);
      assertThat(provider.asked().text()).isEqualTo("hello world");
    }
  }

  @Test
  void whoWaitsForPermissionToSendGetsIt() throws Exception {
    try (FakeProvider provider = FakeProvider.saying(200, "application/json", MESSAGE);
        GatewayLease lease = fixture.anthropic(provider.base());
        RawClient client = fixture.client()) {
      client.send(
          "POST /v1/messages HTTP/1.1\r\nHost: a\r\nx-api-key: "
              + lease.token()
              + "\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
      assertThat(client.until("\r\n\r\n")).startsWith("HTTP/1.1 100");
      client.send("{}");
      assertThat(client.answer().status()).isEqualTo(200);
      assertThat(provider.asked().header("expect")).isEmpty();
    }
  }

  @Test
  void theClientLeavesAndTheProviderIsLeftToo() throws Exception {
    CountDownLatch left = new CountDownLatch(1);
    try (FakeProvider provider =
            FakeProvider.answering((asked, connection) -> {
              FakeProvider.beginStream(connection);
              FakeProvider.chunk(connection, "data: {}\n\n");
              assertThat(connection.getInputStream().read()).isEqualTo(-1);
              left.countDown();
            });
        GatewayLease lease = fixture.anthropic(provider.base())) {
      try (RawClient client = fixture.client()) {
        client.send(RawClient.post("/v1/messages", lease.token(), "{}"));
        client.until("data: {}\n\n");
      }
      assertThat(left.await(10, TimeUnit.SECONDS)).isTrue();
      assertThat(fixture.event(GatewayEvent.ModelRequestFinished.class).complete()).isFalse();
    }
  }

  @Test
  void closingALeaseEndsWhatRunsWithIt() throws Exception {
    try (FakeProvider provider =
            FakeProvider.answering((asked, connection) -> {
              FakeProvider.beginStream(connection);
              FakeProvider.chunk(connection, "data: {}\n\n");
              connection.getInputStream().read();
            });
        RawClient client = fixture.client()) {
      GatewayLease lease = fixture.anthropic(provider.base());
      client.send(RawClient.post("/v1/messages", lease.token(), "{}"));
      client.until("data: {}\n\n");
      lease.close();
      lease.close();
      assertThat(new String(client.toEnd()))
          .doesNotContain("0\r\n\r\n"); // no end that looks like one
      assertThat(provider.ended()).isNotNull();
    }
  }

  @Test
  void aProviderThatDiesWithinItsAnswerIsNoEnd() throws Exception {
    try (FakeProvider provider =
            FakeProvider.answering((asked, connection) -> {
              FakeProvider.beginStream(connection);
              FakeProvider.chunk(connection, "data: {}\n\n");
              connection.close();
            });
        GatewayLease lease = fixture.anthropic(provider.base());
        RawClient client = fixture.client()) {
      client.send(RawClient.post("/v1/messages", lease.token(), "{}"));
      client.until("data: {}\n\n\r\n");
      assertThat(client.toEnd()).isEmpty();
      assertThat(fixture.event(GatewayEvent.UpstreamUnreachable.class).provider())
          .isEqualTo("custom");
    }
  }

  @Test
  void aProviderThatIsNotThere() throws Exception {
    FakeProvider gone = FakeProvider.saying(200, "a/b", "");
    gone.close();
    try (GatewayLease lease = fixture.anthropic(gone.base())) {
      RawClient.Answer answer = fixture.ask(RawClient.post("/v1/messages", lease.token(), "{}"));
      assertThat(answer.status()).isEqualTo(502);
      assertThat(answer.text()).contains("api_error").contains("cannot be reached");
      assertThat(fixture.event(GatewayEvent.UpstreamUnreachable.class).message()).isNotEmpty();
    }
  }

  @Test
  void errorsOfAProviderPassAsTheyAre() throws Exception {
    String error =
        "{\"type\":\"error\",\"error\":{\"type\":\"rate_limit_error\",\"message\":\"slow down\"}}";
    try (FakeProvider provider =
            FakeProvider.answering((asked, connection) ->
                FakeProvider.write(
                    connection,
                    "HTTP/1.1 429 Too Many Requests\r\ncontent-type: application/json\r\nretry-after:"
                        + " 7\r\nrequest-id: req_1\r\nset-cookie: a=b\r\ncontent-length: "
                        + error.length()
                        + "\r\n\r\n"
                        + error));
        GatewayLease lease = fixture.anthropic(provider.base())) {
      RawClient.Answer answer = fixture.ask(RawClient.post("/v1/messages", lease.token(), "{}"));
      assertThat(answer.status()).isEqualTo(429);
      assertThat(answer.text()).isEqualTo(error);
      assertThat(answer.header("retry-after")).isEqualTo("7");
      assertThat(answer.header("request-id")).isEqualTo("req_1");
      assertThat(answer.header("set-cookie")).isEmpty();
      assertThat(lease.usage()).isEqualTo(ModelUsage.NONE);
    }
  }

  @Test
  void aConnectionServesOneRequestAfterTheOther() throws Exception {
    try (FakeProvider provider = FakeProvider.saying(200, "application/json", MESSAGE);
        GatewayLease lease = fixture.anthropic(provider.base());
        RawClient client = fixture.client()) {
      for (int i = 0; i < 3; i++) {
        client.send(RawClient.post("/v1/messages", lease.token(), "{}"));
        assertThat(client.answer().text()).isEqualTo(MESSAGE);
      }
      assertThat(lease.usage().requests()).isEqualTo(3);
      assertThat(provider.connections()).isEqualTo(1); // and the provider's is kept as well
    }
  }

  @Test
  void aSilentProviderIsNotWaitedForForEver() throws Exception {
    try (GatewayFixture own =
            new GatewayFixture(options -> options.modelIdleTimeout(Duration.ofMillis(600)));
        FakeProvider provider =
            FakeProvider.answering((asked, connection) -> {
              if (asked.text().contains("begin")) {
                FakeProvider.beginStream(connection);
                FakeProvider.chunk(connection, "data: {}\n\n");
              }
              connection.getInputStream().read();
            });
        GatewayLease lease = own.anthropic(provider.base());
        RawClient client = own.client()) {
      RawClient.Answer answer = own.ask(RawClient.post("/v1/messages", lease.token(), "{}"));
      assertThat(answer.status()).isEqualTo(504);
      assertThat(answer.text()).contains("does not answer");
      assertThat(own.event(GatewayEvent.UpstreamUnreachable.class).message()).contains("in time");

      client.send(RawClient.post("/v1/messages", lease.token(), "begin"));
      client.until("data: {}\n\n\r\n");
      assertThat(client.toEnd()).isEmpty(); // broken off, not ended
      assertThat(provider.ended()).isNotNull();
    }
  }
}
