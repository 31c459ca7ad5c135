package dev.dunes.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What requests cost, and what happens when the money is spent. */
class MeteringTest {
  private static final String START =
      "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\","
          + "\"model\":\"claude-sonnet-4-5-20250929\",\"usage\":{\"input_tokens\":1000,"
          + "\"cache_read_input_tokens\":2000,\"cache_creation_input_tokens\":3000,"
          + "\"cache_creation\":{\"ephemeral_5m_input_tokens\":1000,\"ephemeral_1h_input_tokens\":2000},"
          + "\"output_tokens\":1}}}\n\n";
  private static final String DELTA =
      "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":"
          + "{\"type\":\"text_delta\",\"text\":\"the word \\\"usage\\\" in a text\"}}\n\n";
  private static final String END =
      "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},"
          + "\"usage\":{\"output_tokens\":500}}\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";

  /** 1000·3 + 2000·0.3 + 1000·3.75 + 2000·6 + 500·15 millionths. */
  private static final double COST = 0.026850;

  private final GatewayFixture fixture = new GatewayFixture();

  @AfterEach
  void close() {
    fixture.close();
  }

  private static void stream(Socket connection, String... pieces) throws IOException {
    FakeProvider.beginStream(connection);
    for (String piece : pieces) {
      FakeProvider.chunk(connection, piece);
    }
    FakeProvider.endStream(connection);
  }

  @Test
  void aStreamIsCountedHoweverItIsCut() throws Exception {
    String whole = START + DELTA + END;
    for (int size : new int[] {1, 7, 100, whole.length()}) {
      String[] pieces = whole.split("(?<=\\G.{" + size + "})(?s)");
      try (FakeProvider provider =
              FakeProvider.answering((asked, connection) -> stream(connection, pieces));
          GatewayLease lease = fixture.anthropic(provider.base())) {
        RawClient.Answer answer = fixture.ask(RawClient.post("/v1/messages", lease.token(), "{}"));
        assertThat(answer.text()).isEqualTo(whole);
        GatewayEvent.ModelRequestFinished event =
            fixture.event(GatewayEvent.ModelRequestFinished.class);
        assertThat(event.model()).isEqualTo("claude-sonnet-4-5-20250929");
        assertThat(event.status()).isEqualTo(200);
        assertThat(event.complete()).isTrue();
        assertThat(event.estimated()).isFalse();
        assertThat(event.protocol()).isEqualTo(ModelProtocol.ANTHROPIC);
        ModelUsage usage = lease.usage();
        assertThat(usage).isEqualTo(event.usage());
        assertThat(usage.inputTokens()).isEqualTo(1000);
        assertThat(usage.cacheReadTokens()).isEqualTo(2000);
        assertThat(usage.cacheWriteTokens()).isEqualTo(3000);
        assertThat(usage.outputTokens()).isEqualTo(500);
        assertThat(usage.costUsd()).isCloseTo(COST, within(1e-9));
      }
    }
  }

  @Test
  void aWholeAnswerIsCounted() throws Exception {
    String answer =
        "{\"id\":\"msg_1\",\"model\":\"claude-haiku-4-5\",\"content\":[{\"type\":\"tool_use\",\"input\":"
            + "{\"usage\":{\"input_tokens\":999999}}}],\"usage\":{\"input_tokens\":120,\"output_tokens\":20}}";
    try (FakeProvider provider = FakeProvider.saying(200, "application/json", answer);
        GatewayLease lease = fixture.anthropic(provider.base())) {
      fixture.ask(RawClient.post("/v1/messages", lease.token(), "{}"));
      assertThat(lease.usage())
          .isEqualTo(new ModelUsage(1, 120, 0, 0, 20, (120 * 1.0 + 20 * 5.0) / 1e6));
    }
  }

  @Test
  void aBudgetEndsBeforeTheNextRequest() throws Exception {
    try (FakeProvider provider =
            FakeProvider.answering((asked, connection) -> stream(connection, START, DELTA, END));
        GatewayLease lease =
            fixture.lease(spec ->
                spec.upstream(GatewayFixture.anthropicAt(provider.base())).budgetUsd(0.022))) {
      // what goes in costs 0.01936; only the end of the answer makes it too much
      assertThat(fixture.ask(RawClient.post("/v1/messages", lease.token(), "{}")).text())
          .endsWith("message_stop\"}\n\n");
      GatewayEvent.BudgetExceeded exceeded = fixture.event(GatewayEvent.BudgetExceeded.class);
      assertThat(exceeded.budgetUsd()).isEqualTo(0.022);
      assertThat(exceeded.spentUsd()).isCloseTo(COST, within(1e-9));

      RawClient.Answer refused = fixture.ask(RawClient.post("/v1/messages", lease.token(), "{}"));
      assertThat(refused.status()).isEqualTo(402);
      assertThat(refused.text())
          .startsWith("{\"type\":\"error\",\"error\":{\"type\":\"billing_error\"");
      assertThat(refused.header("x-should-retry")).isEqualTo("false");
      provider.asked();
      assertThat(provider.waiting()).isZero();
      assertThat(fixture.seen().stream().filter(GatewayEvent.BudgetExceeded.class::isInstance))
          .hasSize(1);
    }
  }

  @Test
  void aBudgetEndsWithinAnAnswerWhoseQuestionCostTooMuch() throws Exception {
    try (FakeProvider provider =
            FakeProvider.answering((asked, connection) -> {
              FakeProvider.beginStream(connection);
              FakeProvider.chunk(connection, START);
              connection.getInputStream().read(); // would go on for ever
            });
        GatewayLease lease =
            fixture.lease(spec ->
                spec.upstream(GatewayFixture.anthropicAt(provider.base())).budgetUsd(0.01))) {
      RawClient.Answer answer = fixture.ask(RawClient.post("/v1/messages", lease.token(), "{}"));
      assertThat(answer.text())
          .startsWith(START)
          .contains("event: error")
          .contains("billing_error");
      assertThat(provider.ended()).isNotNull();
      assertThat(fixture.event(GatewayEvent.BudgetExceeded.class).spentUsd()).isGreaterThan(0.01);
    }
  }

  @Test
  void noBudgetIsNoRequest() throws Exception {
    try (FakeProvider provider = FakeProvider.saying(200, "application/json", "{}");
        GatewayLease lease =
            fixture.lease(
                spec -> spec.upstream(GatewayFixture.anthropicAt(provider.base())).budgetUsd(0))) {
      assertThat(fixture.ask(RawClient.post("/v1/messages", lease.token(), "{}")).status())
          .isEqualTo(402);
      assertThat(provider.waiting()).isZero();
    }
  }

  @Test
  void breakingOffIsNoWayAroundABudget() throws Exception {
    try (FakeProvider provider =
            FakeProvider.answering((asked, connection) -> {
              FakeProvider.beginStream(connection);
              FakeProvider.chunk(connection, START);
              for (int i = 0; i < 200; i++) {
                FakeProvider.chunk(connection, DELTA);
              }
              connection.getInputStream().read();
            });
        GatewayLease lease = fixture.anthropic(provider.base())) {
      try (RawClient client = fixture.client()) {
        client.send(RawClient.post("/v1/messages", lease.token(), "{}"));
        for (int i = 0; i < 200; i++) {
          client.until("in a text\"}}\n\n");
        }
      }
      GatewayEvent.ModelRequestFinished event =
          fixture.event(GatewayEvent.ModelRequestFinished.class);
      assertThat(event.estimated()).isTrue();
      assertThat(event.complete()).isFalse();
      assertThat(event.usage().inputTokens()).isEqualTo(1000);
      assertThat(event.usage().outputTokens()).isBetween(200L, 4000L);
      assertThat(lease.usage()).isEqualTo(event.usage());
    }
  }

  @Test
  void anAnswerWithoutUsageIsEstimated() throws Exception {
    try (FakeProvider provider =
            FakeProvider.saying(200, "application/json", "{\"a\":\"" + "x".repeat(4000) + "\"}");
        GatewayLease lease = fixture.anthropic(provider.base())) {
      String body = "{\"model\":\"claude-haiku-4-5\",\"x\":\"" + "y".repeat(8000) + "\"}";
      fixture.ask(RawClient.post("/v1/messages", lease.token(), body));
      GatewayEvent.ModelRequestFinished event =
          fixture.event(GatewayEvent.ModelRequestFinished.class);
      assertThat(event.estimated()).isTrue();
      assertThat(event.model()).isEqualTo("claude-haiku-4-5");
      assertThat(event.usage().inputTokens()).isBetween(2000L, 2100L);
      assertThat(event.usage().outputTokens()).isBetween(1000L, 1010L);
    }
  }

  @Test
  void anUnknownModelIsToldOnceAndCostsWhatTheTableSays(@TempDir Path directory) throws Exception {
    Path table = directory.resolve("prices.json");
    Files.writeString(
        table,
        """
        {"prices":[{"model":"mine-*","input":1,"output":2,"cacheRead":0,"cacheWrite":0,"cacheWriteHour":0}],
         "unknown":{"input":100,"output":200,"cacheRead":0,"cacheWrite":0,"cacheWriteHour":0}}
        """);
    AtomicInteger number = new AtomicInteger();
    try (GatewayFixture own = new GatewayFixture(options -> options.priceTable(table));
        FakeProvider provider =
            FakeProvider.answering((asked, connection) ->
                FakeProvider.say(
                    connection,
                    200,
                    "application/json",
                    "{\"model\":\""
                        + (number.getAndIncrement() == 0 ? "mine-1" : "theirs")
                        + "\",\"usage\":{\"input_tokens\":10000,\"output_tokens\":10000}}"));
        GatewayLease lease = own.anthropic(provider.base())) {
      own.ask(RawClient.post("/v1/messages", lease.token(), "{}"));
      assertThat(lease.usage().costUsd()).isCloseTo(0.03, within(1e-9));
      own.ask(RawClient.post("/v1/messages", lease.token(), "{}"));
      own.ask(RawClient.post("/v1/messages", lease.token(), "{}"));
      assertThat(lease.usage().costUsd()).isCloseTo(6.03, within(1e-9));
      assertThat(own.event(GatewayEvent.PriceUnknown.class).model()).isEqualTo("theirs");
      lease.close();
      assertThat(own.seen().stream().filter(GatewayEvent.PriceUnknown.class::isInstance))
          .hasSize(1);
    }
  }

  @Test
  void aBrokenPriceTableStopsTheStart(@TempDir Path directory) throws Exception {
    Path table = directory.resolve("prices.json");
    Files.writeString(table, "{\"prices\":[{\"model\":\"a\",\"input\":-1}]}");
    GatewayOptions options =
        GatewayOptions.builder().parentDirectory(directory).priceTable(table).build();
    assertThatThrownBy(() -> Gateway.open(options))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("input is not a number of at least 0");
    assertThat(directory.toFile().list()).containsExactly("prices.json");
  }

  @Test
  void tooManyAtOnceAreTurnedAway() throws Exception {
    try (FakeProvider provider =
            FakeProvider.answering((asked, connection) -> {
              FakeProvider.beginStream(connection);
              FakeProvider.chunk(connection, "data: {}\n\n");
              connection.getInputStream().read();
            });
        GatewayLease lease =
            fixture.lease(spec ->
                spec.upstream(GatewayFixture.anthropicAt(provider.base()))
                    .maxConcurrentRequests(1));
        RawClient first = fixture.client()) {
      first.send(RawClient.post("/v1/messages", lease.token(), "{}"));
      first.until("data: {}\n\n");
      RawClient.Answer second = fixture.ask(RawClient.post("/v1/messages", lease.token(), "{}"));
      assertThat(second.status()).isEqualTo(429);
      assertThat(second.header("retry-after")).isEqualTo("1");
      first.close();
      fixture.event(GatewayEvent.ModelRequestFinished.class);
      try (RawClient third = fixture.client()) {
        third.send(RawClient.post("/v1/messages", lease.token(), "{}"));
        assertThat(third.until("\r\n\r\n")).startsWith("HTTP/1.1 200");
      }
    }
  }
}
