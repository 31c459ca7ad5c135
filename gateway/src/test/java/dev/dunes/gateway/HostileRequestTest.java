package dev.dunes.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Requests that are made to be misread, to be large, or to be slow. */
class HostileRequestTest {
  private static final String MESSAGE = "{\"usage\":{\"input_tokens\":1,\"output_tokens\":1}}";

  private final GatewayFixture fixture =
      new GatewayFixture(options ->
          options
              .maxHeaderBytes(16 * 1024)
              .maxBodyBytes(100_000)
              .requestTimeout(Duration.ofMillis(700)));

  @AfterEach
  void close() {
    fixture.close();
  }

  private static String head(String token, String more) {
    return "POST /v1/messages HTTP/1.1\r\nHost: a\r\nx-api-key: " + token + "\r\n" + more + "\r\n";
  }

  @Test
  void whatCanBeReadInTwoWaysIsRefused() throws Exception {
    try (FakeProvider provider = FakeProvider.saying(200, "application/json", MESSAGE);
        GatewayLease lease = fixture.anthropic(provider.base())) {
      String token = lease.token();
      String smuggled = "0\r\n\r\nGET /v1/models HTTP/1.1\r\nHost: a\r\n\r\n";
      for (String request :
          new String[] {
            head(token, "Content-Length: 6\r\nTransfer-Encoding: chunked\r\n") + smuggled,
            head(token, "Transfer-Encoding: chunked\r\nContent-Length: 6\r\n") + smuggled,
            head(token, "Content-Length: 5\r\nContent-Length: 6\r\n") + "123456",
            head(token, "Content-Length: 5, 6\r\n") + "123456",
            head(token, "Content-Length: +2\r\n") + "{}",
            head(token, "Content-Length: -2\r\n") + "{}",
            head(token, "Transfer-Encoding: xchunked\r\n") + smuggled,
            head(token, "Transfer-Encoding: chunked, identity\r\n") + smuggled,
            head(token, "Transfer-Encoding : chunked\r\n") + smuggled,
            head(token, "Bad Name: 1\r\n"),
            head(token, "X-A: b\0c\r\nContent-Length: 2\r\n") + "{}",
            "POST /v1/messages HTTP/1.1\nHost: a\nx-api-key: " + token + "\nContent-Length: 2\n\n{}"
          }) {
        RawClient.Answer answer = fixture.ask(request);
        assertThat(answer.status()).as(request).isEqualTo(400);
        assertThat(answer.text()).startsWith("{\"type\":\"error\"");
      }
      assertThat(provider.waiting()).isZero();
      // the control
      assertThat(fixture.ask(head(token, "Content-Length: 2\r\n") + "{}").status()).isEqualTo(200);
    }
  }

  @Test
  void aLargeHeadIsRefused() throws Exception {
    try (FakeProvider provider = FakeProvider.saying(200, "application/json", MESSAGE);
        GatewayLease lease = fixture.anthropic(provider.base())) {
      String fits = "X-A: " + "b".repeat(10_000) + "\r\nContent-Length: 2\r\n";
      assertThat(fixture.ask(head(lease.token(), fits) + "{}").status()).isEqualTo(200);

      String large = "X-A: " + "b".repeat(20_000) + "\r\nContent-Length: 2\r\n";
      RawClient.Answer answer = fixture.ask(head(lease.token(), large) + "{}");
      assertThat(answer.status()).isEqualTo(431);
      assertThat(answer.text()).contains("16384 bytes");

      String line = "POST /v1/messages?" + "q".repeat(20_000) + " HTTP/1.1\r\nHost: a\r\n\r\n";
      assertThat(fixture.ask(line).status()).isEqualTo(431);
      provider.asked();
      assertThat(provider.waiting()).isZero();
    }
  }

  @Test
  void aLargeBodyIsRefused() throws Exception {
    try (FakeProvider provider = FakeProvider.saying(200, "application/json", MESSAGE);
        GatewayLease lease = fixture.anthropic(provider.base())) {
      String fits = "x".repeat(100_000);
      assertThat(fixture.ask(RawClient.post("/v1/messages", lease.token(), fits)).status())
          .isEqualTo(200);
      assertThat(provider.asked().body()).hasSize(100_000);

      RawClient.Answer answer =
          fixture.ask(RawClient.post("/v1/messages", lease.token(), fits + "x"));
      assertThat(answer.status()).isEqualTo(413);
      assertThat(answer.text()).contains("request_too_large").contains("100000 bytes");
      assertThat(provider.waiting()).isZero();
      assertThat(fixture.event(GatewayEvent.RequestRefused.class).status()).isEqualTo(413);
    }
  }

  @Test
  void aLargeBodyInChunksIsRefused() throws Exception {
    try (FakeProvider provider = FakeProvider.saying(200, "application/json", MESSAGE);
        GatewayLease lease = fixture.anthropic(provider.base());
        RawClient client = fixture.client()) {
      client.send(head(lease.token(), "Transfer-Encoding: chunked\r\n"));
      for (int i = 0; i < 11; i++) {
        client.send("2710\r\n" + "x".repeat(10_000) + "\r\n");
      }
      RawClient.Answer answer = client.answer();
      assertThat(answer.status()).as(answer.text()).isEqualTo(413);
      assertThat(provider.ended()).isNotNull(); // the provider saw no end
      assertThat(provider.waiting()).isZero();
    }
  }

  @Test
  void aSlowHeadIsNotWaitedFor() throws Exception {
    try (RawClient client = fixture.client()) {
      client.send("POST /v1/messages HTTP/1.1\r\nHost:");
      assertThat(client.toEnd()).isEmpty();
    }
    try (RawClient client = fixture.client()) { // one that says nothing
      assertThat(client.toEnd()).isEmpty();
    }
  }

  @Test
  void aSlowBodyIsNotWaitedFor() throws Exception {
    try (FakeProvider provider = FakeProvider.saying(200, "application/json", MESSAGE);
        GatewayLease lease = fixture.anthropic(provider.base());
        RawClient client = fixture.client()) {
      client.send(head(lease.token(), "Content-Length: 100\r\n") + "{");
      RawClient.Answer answer = client.answer();
      assertThat(answer.status()).isEqualTo(408);
      assertThat(answer.text()).contains("timeout_error");
    }
  }

  @Test
  void aTruncatedRequestReachesNobodyWhole() throws Exception {
    try (FakeProvider provider = FakeProvider.saying(200, "application/json", MESSAGE);
        GatewayLease lease = fixture.anthropic(provider.base())) {
      try (RawClient client = fixture.client()) {
        client.send(head(lease.token(), "Content-Length: 100\r\n") + "{");
      }
      try (RawClient client = fixture.client()) {
        client.send(head(lease.token(), "Transfer-Encoding: chunked\r\n") + "5\r\nab");
      }
      fixture.event(GatewayEvent.ModelRequestFinished.class);
      fixture.event(GatewayEvent.ModelRequestFinished.class);
      assertThat(provider.waiting()).isZero();
      assertThat(lease.usage()).isEqualTo(ModelUsage.NONE);
    }
  }

  @Test
  void aStreamInsideARequestIsNotASecondOne() throws Exception {
    try (FakeProvider provider = FakeProvider.saying(200, "application/json", MESSAGE);
        GatewayLease lease = fixture.anthropic(provider.base())) {
      String inner = "GET /v1/organizations HTTP/1.1\r\nHost: a\r\n\r\n";
      assertThat(fixture.ask(RawClient.post("/v1/messages", lease.token(), inner)).status())
          .isEqualTo(200);
      assertThat(provider.asked().text()).isEqualTo(inner);
      assertThat(provider.waiting()).isZero();
    }
  }

  @Test
  void upgradesAndOtherProtocolsAreNotServed() throws IOException {
    try (GatewayLease lease = fixture.lease(spec -> spec)) {
      String upgrade =
          "GET /v1/responses HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
              + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nx-api-key: "
              + lease.token()
              + "\r\n\r\n";
      assertThat(fixture.ask(upgrade).status()).isEqualTo(404);
      try (RawClient client = fixture.client()) {
        client.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
        assertThat(new String(client.toEnd())).doesNotContain("\0\0");
      }
    }
  }
}
