package dev.dunes.gateway;

import static dev.dunes.gateway.GatewayFixture.KEY;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A key the provider does not accept is told at once, and nobody tries again. */
class KeyRejectedTest {
  private final GatewayFixture fixture = new GatewayFixture();

  @AfterEach
  void close() {
    fixture.close();
  }

  @Test
  void theAgentIsToldNotToTryAgain() throws Exception {
    String error =
        "{\"type\":\"error\",\"error\":{\"type\":\"authentication_error\",\"message\":\"invalid x-api-key "
            + KEY
            + "\"}}";
    try (FakeProvider provider = FakeProvider.saying(401, "application/json", error);
        GatewayLease lease = fixture.anthropic(provider.base())) {
      RawClient.Answer answer = fixture.ask(RawClient.post("/v1/messages", lease.token(), "{}"));
      assertThat(answer.status()).isEqualTo(401);
      assertThat(answer.header("x-should-retry")).isEqualTo("false");
      assertThat(answer.text())
          .startsWith("{\"type\":\"error\",\"error\":{\"type\":\"authentication_error\"")
          .contains("does not accept the key")
          .contains("invalid API key") // with the header's name Claude Code says something else
          .doesNotContain(KEY);
      GatewayEvent.KeyRejected event = fixture.event(GatewayEvent.KeyRejected.class);
      assertThat(event.status()).isEqualTo(401);
      assertThat(event.message()).contains("invalid x-api-key").doesNotContain(KEY);
      assertThat(lease.usage()).isEqualTo(ModelUsage.NONE);
    }
  }

  @Test
  void geminiSaysItWithFourHundred() throws Exception {
    String error =
        "{\"error\":{\"code\":400,\"message\":\"API key not valid.\",\"details\":[{\"reason\":"
            + "\"API_KEY_INVALID\"}]}}";
    try (FakeProvider provider = FakeProvider.saying(400, "application/json", error);
        GatewayLease lease =
            fixture.lease(spec ->
                spec.upstream(
                    ModelUpstream.gemini(
                        provider.base(),
                        new UpstreamAuth.ApiKey("x-goog-api-key", Secret.of(KEY)))))) {
      RawClient.Answer answer =
          fixture.ask(
              RawClient.post("/v1beta/models/gemini-2.5-pro:generateContent", lease.token(), "{}"));
      assertThat(answer.status()).isEqualTo(401);
      assertThat(answer.text()).contains("UNAUTHENTICATED");
      assertThat(fixture.event(GatewayEvent.KeyRejected.class).message())
          .isEqualTo("API key not valid.");
    }
  }

  @Test
  void otherRefusalsPassAsTheyAre() throws Exception {
    String error = "{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\"}}";
    for (int status : List.of(400, 403)) {
      try (FakeProvider provider = FakeProvider.saying(status, "application/json", error);
          GatewayLease lease = fixture.anthropic(provider.base())) {
        RawClient.Answer answer = fixture.ask(RawClient.post("/v1/messages", lease.token(), "{}"));
        assertThat(answer.status()).isEqualTo(status);
        assertThat(answer.text()).isEqualTo(error);
      }
    }
    assertThat(fixture.seen()).noneMatch(GatewayEvent.KeyRejected.class::isInstance);
  }
}
