package dev.dunes.gateway;

import static dev.dunes.gateway.GatewayFixture.KEY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.net.URI;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** OpenAI's two protocols and Gemini's: what passes, and how it is counted. */
class OtherProtocolsTest {
  private static final String RESPONSES =
      "event: response.created\ndata: {\"type\":\"response.created\",\"response\":{\"id\":\"resp_1\",\"model\":"
          + "\"gpt-5\",\"usage\":null}}\n\nevent: response.completed\ndata: {\"type\":\"response.completed\","
          + "\"response\":{\"model\":\"gpt-5\",\"usage\":{\"input_tokens\":120,\"input_tokens_details\":"
          + "{\"cached_tokens\":100},\"output_tokens\":20,\"output_tokens_details\":{\"reasoning_tokens\":15},"
          + "\"total_tokens\":140}}}\n\n";
  private static final String CHAT =
      "data: {\"id\":\"c1\",\"model\":\"gpt-5-mini\",\"choices\":[{\"delta\":{\"content\":\"Hello\"}}]}\n\n"
          + "data: {\"model\":\"gpt-5-mini\",\"choices\":[],\"usage\":{\"prompt_tokens\":120,"
          + "\"completion_tokens\":20,\"total_tokens\":140,\"prompt_tokens_details\":{\"cached_tokens\":20}}}\n\n"
          + "data: [DONE]\n\n";
  private static final String GEMINI =
      "data: {\"candidates\":[],\"usageMetadata\":{\"promptTokenCount\":120,\"totalTokenCount\":120},"
          + "\"modelVersion\":\"gemini-2.5-pro\"}\r\n\r\ndata: {\"candidates\":[],\"usageMetadata\":"
          + "{\"promptTokenCount\":120,\"cachedContentTokenCount\":20,\"candidatesTokenCount\":20,"
          + "\"thoughtsTokenCount\":30},\"modelVersion\":\"gemini-2.5-pro\"}\r\n\r\n";

  private final GatewayFixture fixture = new GatewayFixture();

  @AfterEach
  void close() {
    fixture.close();
  }

  private GatewayLease openAi(FakeProvider provider) {
    return fixture.lease(spec ->
        spec.upstream(
            ModelUpstream.openAi(
                URI.create(provider.base() + "/v1"), new UpstreamAuth.Bearer(Secret.of(KEY)))));
  }

  private GatewayLease gemini(FakeProvider provider) {
    return fixture.lease(spec ->
        spec.upstream(
            ModelUpstream.gemini(
                provider.base(), new UpstreamAuth.ApiKey("x-goog-api-key", Secret.of(KEY)))));
  }

  private void streams(
      GatewayLease lease,
      FakeProvider provider,
      String path,
      String there,
      String auth,
      String text)
      throws Exception {
    RawClient.Answer answer = fixture.ask(RawClient.post(path, lease.token(), "{}"));
    assertThat(answer.text()).isEqualTo(text);
    FakeProvider.Asked asked = provider.asked();
    assertThat(asked.line()).isEqualTo("POST " + there + " HTTP/1.1");
    assertThat(asked.headers()).anyMatch(header -> header.equalsIgnoreCase(auth));
    assertThat(asked.all()).doesNotContain(lease.token());
  }

  @Test
  void responses() throws Exception {
    try (FakeProvider provider = FakeProvider.saying(200, "text/event-stream", RESPONSES);
        GatewayLease lease = openAi(provider)) {
      streams(
          lease,
          provider,
          "/v1/responses",
          "/v1/responses",
          "authorization: Bearer " + KEY,
          RESPONSES);
      assertThat(lease.usage().inputTokens()).isEqualTo(20);
      assertThat(lease.usage().cacheReadTokens()).isEqualTo(100);
      assertThat(lease.usage().outputTokens()).isEqualTo(20);
      assertThat(lease.usage().costUsd())
          .isCloseTo((20 * 1.25 + 100 * 0.125 + 20 * 10) / 1e6, within(1e-12));
    }
  }

  @Test
  void chatCompletions() throws Exception {
    try (FakeProvider provider = FakeProvider.saying(200, "text/event-stream", CHAT);
        GatewayLease lease = openAi(provider)) {
      streams(
          lease,
          provider,
          "/v1/chat/completions",
          "/v1/chat/completions",
          "authorization: Bearer " + KEY,
          CHAT);
      assertThat(lease.usage().inputTokens()).isEqualTo(100);
      assertThat(lease.usage().cacheReadTokens()).isEqualTo(20);
      assertThat(lease.usage().outputTokens()).isEqualTo(20);
    }
  }

  @Test
  void chatWithoutUsageIsEstimated() throws Exception {
    String stream = "data: {\"id\":\"c1\",\"model\":\"gpt-5\",\"choices\":[]}\n\ndata: [DONE]\n\n";
    try (FakeProvider provider = FakeProvider.saying(200, "text/event-stream", stream);
        GatewayLease lease = openAi(provider)) {
      fixture.ask(RawClient.post("/v1/chat/completions", lease.token(), "x".repeat(400)));
      assertThat(fixture.event(GatewayEvent.ModelRequestFinished.class).estimated()).isTrue();
      assertThat(lease.usage().inputTokens()).isEqualTo(100);
    }
  }

  @Test
  void gemini() throws Exception {
    try (FakeProvider provider = FakeProvider.saying(200, "text/event-stream", GEMINI);
        GatewayLease lease = gemini(provider)) {
      streams(
          lease,
          provider,
          "/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse&key=" + lease.token(),
          "/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse",
          "x-goog-api-key: " + KEY,
          GEMINI);
      assertThat(lease.usage().inputTokens()).isEqualTo(100);
      assertThat(lease.usage().cacheReadTokens()).isEqualTo(20);
      assertThat(lease.usage().outputTokens()).isEqualTo(50);
    }
  }

  @Test
  void geminiAsAListOfAnswers() throws Exception {
    String list =
        "[{\"usageMetadata\":{\"promptTokenCount\":120,\"candidatesTokenCount\":5}},"
            + "{\"usageMetadata\":{\"promptTokenCount\":120,\"candidatesTokenCount\":20},"
            + "\"modelVersion\":\"gemini-2.5-flash\"}]";
    try (FakeProvider provider = FakeProvider.saying(200, "application/json", list);
        GatewayLease lease = gemini(provider)) {
      fixture.ask(
          RawClient.post("/v1beta/models/gemini-2.5-flash:generateContent", lease.token(), "{}"));
      assertThat(lease.usage().inputTokens()).isEqualTo(120);
      assertThat(lease.usage().outputTokens()).isEqualTo(20);
    }
  }

  @Test
  void geminiCountsForNothing() throws Exception {
    try (FakeProvider provider =
            FakeProvider.saying(200, "application/json", "{\"totalTokens\":120}");
        GatewayLease lease = gemini(provider)) {
      assertThat(
              fixture
                  .ask(RawClient.post("/v1beta/models/m:countTokens", lease.token(), "{}"))
                  .text())
          .isEqualTo("{\"totalTokens\":120}");
      assertThat(lease.usage()).isEqualTo(ModelUsage.NONE);
    }
  }

  @Test
  void otherRoutesOfThemAreNotServed() throws Exception {
    try (FakeProvider provider = FakeProvider.saying(200, "application/json", "{}");
        GatewayLease lease = gemini(provider)) {
      for (String path :
          new String[] {
            "/v1beta/models/m:embedContent",
            "/v1beta/models/../x:generateContent",
            "/v1beta/models/a/b:generateContent",
            "/v1beta/files",
            "/v1beta/cachedContents",
            "/v1/embeddings",
            "/v1/files",
            "/v1/responses/resp_1",
            "/v1/images/generations"
          }) {
        assertThat(fixture.ask(RawClient.post(path, lease.token(), "{}")).status())
            .as(path)
            .isEqualTo(404);
      }
      assertThat(provider.waiting()).isZero();
    }
  }

  @Test
  void aProtocolWithoutAProviderSaysWhatToSet() throws Exception {
    try (GatewayLease lease = fixture.lease(spec -> spec)) {
      RawClient.Answer openAi = fixture.ask(RawClient.post("/v1/responses", lease.token(), "{}"));
      assertThat(openAi.status()).isEqualTo(404);
      assertThat(openAi.text()).startsWith("{\"error\":{\"message\":").contains("OPENAI_API_KEY");
      RawClient.Answer gemini =
          fixture.ask(RawClient.post("/v1beta/models/m:generateContent", lease.token(), "{}"));
      assertThat(gemini.text()).startsWith("{\"error\":{\"code\":404").contains("GEMINI_API_KEY");
      assertThat(fixture.ask(RawClient.post("/v1/messages", lease.token(), "{}")).text())
          .contains("ANTHROPIC_API_KEY");
    }
  }

  @Test
  void aListOfModelsIsWhoseProviderThereIs() throws Exception {
    String list = "{\"object\":\"list\",\"data\":[]}";
    try (FakeProvider provider = FakeProvider.saying(200, "application/json", list);
        GatewayLease lease = openAi(provider);
        GatewayLease other = fixture.anthropic(provider.base())) {
      for (GatewayLease each : new GatewayLease[] {lease, other}) {
        String request =
            "GET /v1/models HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer "
                + each.token()
                + "\r\n\r\n";
        assertThat(fixture.ask(request).text()).isEqualTo(list);
        assertThat(provider.asked().line()).isEqualTo("GET /v1/models HTTP/1.1");
      }
    }
  }
}
