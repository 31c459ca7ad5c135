package dev.dunes.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What Amp's client wants of its vendor. */
class AmpBackendTest {
  private final GatewayFixture fixture =
      new GatewayFixture(options -> options.maxBodyBytes(8 << 20));

  @AfterEach
  void close() {
    fixture.close();
  }

  private JsonNode ask(String path, GatewayLease lease, String body) throws IOException {
    RawClient.Answer answer = fixture.ask(RawClient.post(path, lease.token(), body));
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    JsonNode json = JsonMapper.shared().readTree(answer.body());
    assertThat(json.get("ok").asBoolean()).isTrue();
    return json.get("result");
  }

  @Test
  void itsUserIsNobodyAndItsTranscriptsGoNowhere() throws Exception {
    try (FakeProvider provider = FakeProvider.saying(200, "application/json", "{}");
        GatewayLease lease = fixture.anthropic(provider.base())) {
      assertThat(ask("/api/internal?getUserInfo", lease, "{}").propertyNames())
          .contains("id", "email", "username", "team", "features", "workspace");
      assertThat(ask("/api/internal?loadPlugins", lease, "{}").get("plugins").isEmpty()).isTrue();
      assertThat(
              ask("/api/internal?uploadThread", lease, "{\"t\":\"" + "x".repeat(4 << 20) + "\"}")
                  .isEmpty())
          .isTrue();
      assertThat(ask("/api/durable-thread-workers/T-1", lease, "{}").isEmpty()).isTrue();

      String path = "/api/provider/anthropic/v1/messages";
      assertThat(fixture.ask(RawClient.post(path, lease.token(), "{}")).status()).isEqualTo(200);
      // The first request that reached the provider at all.
      assertThat(provider.asked().line()).isEqualTo("POST /v1/messages HTTP/1.1");
    }
  }

  @Test
  void withoutATokenOrWithMoreThanFitsThereIsNone() throws Exception {
    try (FakeProvider provider = FakeProvider.saying(200, "application/json", "{}");
        GatewayLease lease = fixture.anthropic(provider.base())) {
      assertThat(fixture.ask(RawClient.post("/api/internal?getUserInfo", "wrong", "{}")).status())
          .isEqualTo(401);
      String big = "x".repeat((8 << 20) + 1);
      assertThat(
              fixture
                  .ask(RawClient.post("/api/internal?uploadThread", lease.token(), big))
                  .status())
          .isEqualTo(413);
      assertThat(
              fixture
                  .ask(RawClient.post("/api/provider/openai/v1/responses", lease.token(), "{}"))
                  .status())
          .isEqualTo(404);
    }
  }
}
