package dev.dunes.gateway;

import static dev.dunes.gateway.GatewayFixture.KEY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Exchanges written down and played back. */
class CassetteTest {
  private static final List<String> PIECES =
      List.of(
          "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_01AbCdEfGhIjKlMnOp\","
              + "\"model\":\"claude-haiku-4-5\",\"usage\":{\"input_tokens\":120,\"output_tokens\":1}}}\n\n",
          "event: content_block_delta\ndata: {\"delta\":{\"text\":\"Grüße, my key is "
              + KEY.substring(0, 9),
          KEY.substring(9) + " or so\"}}\n\n",
          "event: message_delta\ndata: {\"usage\":{\"output_tokens\":20}}\n\n");

  @TempDir Path directory;
  private final GatewayFixture fixture = new GatewayFixture();

  @AfterEach
  void close() {
    fixture.close();
  }

  /** How many pieces the recording client has read. */
  private final Semaphore read = new Semaphore(0);

  /** Each piece is sent when the one before it has been read, so that each stays one. */
  private FakeProvider streaming() throws Exception {
    return FakeProvider.answering((asked, connection) -> {
      FakeProvider.beginStream(connection);
      for (String piece : PIECES) {
        FakeProvider.chunk(connection, piece);
        read.acquire();
      }
      FakeProvider.endStream(connection);
    });
  }

  /** As an agent says it: much that changes, little that counts. */
  private static String body(String variant, String prompt, String result) {
    return """
    {"model":"claude-%1$s","stream":true,"max_tokens":%2$d,
     "system":[{"type":"text","text":"SECRET VENDOR PROMPT %1$s"}],
     "tools":[{"name":"Bash","description":"VENDOR TOOL %1$s"}],
     "messages":[
      {"role":"user","content":[
        {"type":"text","text":"<system-reminder>VENDOR REMINDER %1$s</system-reminder>"},
        {"type":"text","text":"%3$s"}]},
      {"role":"assistant","content":[{"type":"tool_use","id":"toolu_%1$s","name":"Bash","input":{}}]},
      {"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_%1$s","content":"%4$s"}]}]}
    """
        .formatted(variant, variant.length(), prompt, result);
  }

  private Path record(FakeProvider provider, String body) throws Exception {
    Path cassette = directory.resolve("tape.jsonl");
    try (GatewayLease lease =
            fixture.lease(spec ->
                spec.upstream(GatewayFixture.anthropicAt(provider.base())).recordTo(cassette));
        RawClient client = fixture.client()) {
      client.send(RawClient.post("/v1/messages", lease.token(), body));
      client.until("\r\n\r\n");
      for (String piece : PIECES) {
        assertThat(utf8(client.chunk())).isEqualTo(piece);
        read.release();
      }
      assertThat(client.chunk()).isEmpty();
    }
    return cassette;
  }

  private GatewayLease replay(Path cassette) {
    return fixture.lease(spec -> spec.replayFrom(cassette));
  }

  @Test
  void whatWasRecordedIsPlayedWithoutAnyProvider() throws Exception {
    Path cassette;
    try (FakeProvider provider = streaming()) {
      cassette =
          record(
              provider,
              body(
                  "one",
                  "say hello",
                  "took 1.52s at 2026-11-26T11:00:00Z in 8d1f6c3e-1111-4222-8333-123456789abc"));
    }
    try (GatewayLease lease = replay(cassette);
        RawClient client = fixture.client()) {
      // another release, other times, other ids: the same conversation
      client.send(
          RawClient.post(
              "/v1/messages",
              lease.token(),
              body(
                  "two-point-oh",
                  "say   hello",
                  "took 0.03s at 2027-01-01T00:00:00Z in 00000000-1111-4222-8333-123456789abc")));
      assertThat(client.until("\r\n\r\n")).startsWith("HTTP/1.1 200");
      assertThat(client.chunk()).startsWith("event: message_start\n");
      assertThat(utf8(client.chunk())).endsWith("Grüße, my key is <key>"); // cut where it was cut
      assertThat(client.chunk()).isEqualTo(" or so\"}}\n\n");
      assertThat(client.chunk()).contains("message_delta");
      assertThat(client.chunk()).isEmpty();
      assertThat(lease.usage().outputTokens()).isEqualTo(20);
    }
  }

  private static String utf8(String latin1) {
    return new String(latin1.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
  }

  @Test
  void aCassetteHoldsNoKeyNoTokenAndNothingOfTheVendors() throws Exception {
    try (FakeProvider provider = streaming()) {
      Path cassette =
          record(provider, body("one", "my token is sk-ant-api03-0123456789abcdefghij", "done"));
      String text = Files.readString(cassette);
      assertThat(text)
          .doesNotContain(KEY)
          .doesNotContain("VENDOR")
          .doesNotContain("sk-ant")
          .doesNotContainPattern("dunes-[A-Za-z0-9_-]{43}")
          .doesNotContain("msg_01AbCdEfGhIjKlMnOp")
          .contains("Grüße")
          .contains("my token is <key>");
      assertThat(Files.getPosixFilePermissions(cassette))
          .isEqualTo(PosixFilePermissions.fromString("rw-------"));
    }
  }

  @Test
  void theFormatIsTheDocumentedOne() throws Exception {
    try (FakeProvider provider =
            FakeProvider.saying(200, "application/json", "{\"input_tokens\":5}");
        GatewayLease lease =
            fixture.lease(spec ->
                spec.upstream(GatewayFixture.anthropicAt(provider.base()))
                    .recordTo(directory.resolve("tape.jsonl")))) {
      fixture.ask(
          RawClient.post(
              "/v1/messages/count_tokens",
              lease.token(),
              "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}"));
    }
    List<String> lines = Files.readAllLines(directory.resolve("tape.jsonl"));
    assertThat(lines).hasSize(5);
    assertThat(lines.get(0)).isEqualTo("{\"dunes-cassette\":1}");
    assertThat(lines.get(1))
        .matches(
            "\\{\"request\":1,\"protocol\":\"anthropic\",\"kind\":\"count_tokens\",\"stream\":false,"
                + "\"tools\":false,\"schema\":false,\"key\":\"[0-9a-f]{24}\",\"turns\":\\[\\{\"role\":\"user\","
                + "\"text\":\"hi\",\"sha\":\"8f434346648f6b96df89dda9\"}]}");
    assertThat(lines.get(2))
        .isEqualTo("{\"answer\":1,\"status\":200,\"content-type\":\"application/json\"}");
    assertThat(lines.get(3))
        .matches("\\{\"chunk\":1,\"ms\":\\d+,\"text\":\"\\{\\\\\"input_tokens\\\\\":5}\"}");
    assertThat(lines.get(4)).matches("\\{\"end\":1,\"ms\":\\d+}");
  }

  @Test
  void aRequestNobodyRecordedNamesTheNearest() throws Exception {
    Path cassette;
    try (FakeProvider provider = streaming()) {
      cassette = record(provider, body("one", "say hello", "done"));
    }
    try (GatewayLease lease = replay(cassette)) {
      RawClient.Answer answer =
          fixture.ask(
              RawClient.post("/v1/messages", lease.token(), body("one", "say hello", "failed")));
      assertThat(answer.status()).isEqualTo(400);
      assertThat(answer.header("x-should-retry")).isEqualTo("false");
      assertThat(answer.text())
          .contains(
              "request 1 of the cassette is nearest; they part at turn 2: there tool \\\"done\\\", here tool"
                  + " \\\"failed\\\"");
      assertThat(fixture.event(GatewayEvent.ReplayMismatch.class).nearest()).contains("turn 2");

      String side = "{\"messages\":[{\"role\":\"user\",\"content\":\"say hello\"}]}";
      assertThat(fixture.ask(RawClient.post("/v1/messages", lease.token(), side)).text())
          .contains("there tool \\\"done\\\", here it ends");
      assertThat(fixture.ask(RawClient.post("/v1/responses", lease.token(), "{}")).text())
          .contains("of another kind");
      assertThat(fixture.ask(RawClient.post("/v1/messages", lease.token(), "no json")).status())
          .isEqualTo(400);
    }
  }

  @Test
  void theContentCountsNotTheOrder() throws Exception {
    Path cassette = directory.resolve("tape.jsonl");
    try (FakeProvider provider =
            FakeProvider.answering((asked, connection) ->
                FakeProvider.say(
                    connection,
                    asked.text().contains("fails") ? 500 : 200,
                    "application/json",
                    "{\"echo\":\"" + (asked.text().contains("first") ? "1" : "2") + "\"}"));
        GatewayLease lease =
            fixture.lease(spec ->
                spec.upstream(GatewayFixture.anthropicAt(provider.base())).recordTo(cassette))) {
      for (String prompt : List.of("first", "second")) {
        fixture.ask(RawClient.post("/v1/messages", lease.token(), say(prompt)));
      }
    }
    try (GatewayLease lease = replay(cassette)) {
      for (int i = 0; i < 2; i++) { // again and again, in any order
        assertThat(fixture.ask(RawClient.post("/v1/messages", lease.token(), say("second"))).text())
            .isEqualTo("{\"echo\":\"2\"}");
        assertThat(fixture.ask(RawClient.post("/v1/messages", lease.token(), say("first"))).text())
            .isEqualTo("{\"echo\":\"1\"}");
      }
    }
    // a second recording goes behind the first
    try (FakeProvider provider = FakeProvider.saying(200, "application/json", "{\"echo\":\"3\"}");
        GatewayLease lease =
            fixture.lease(spec ->
                spec.upstream(GatewayFixture.anthropicAt(provider.base())).recordTo(cassette))) {
      fixture.ask(RawClient.post("/v1/messages", lease.token(), say("third")));
    }
    assertThat(Files.readString(cassette)).contains("{\"request\":3,");
    try (GatewayLease lease = replay(cassette)) {
      assertThat(fixture.ask(RawClient.post("/v1/messages", lease.token(), say("third"))).text())
          .isEqualTo("{\"echo\":\"3\"}");
    }
  }

  private static String say(String text) {
    return "{\"messages\":[{\"role\":\"user\",\"content\":\"" + text + "\"}]}";
  }

  @Test
  void theRecordedPaceIsKeptWhenAskedFor() throws Exception {
    Path cassette =
        Files.writeString(
            directory.resolve("slow.jsonl"),
            """
            {"dunes-cassette":1}
            {"request":1,"protocol":"anthropic","kind":"messages","stream":false,"tools":false,"schema":false,"turns":[{"role":"user","text":"hi","sha":"8f434346648f6b96df89dda9"}]}
            {"answer":1,"status":200,"content-type":"application/json"}
            {"chunk":1,"ms":0,"text":"{}"}
            {"end":1,"ms":700}
            """);
    try (GatewayLease lease = fixture.lease(spec -> spec.replayFrom(cassette).recordedPace())) {
      long start = System.nanoTime();
      assertThat(fixture.ask(RawClient.post("/v1/messages", lease.token(), say("hi"))).text())
          .isEqualTo("{}");
      assertThat(System.nanoTime() - start)
          .isGreaterThanOrEqualTo(650_000_000L); // what was asked for
    }
  }

  @Test
  void aBrokenCassetteSaysWhere() throws Exception {
    Path cassette =
        Files.writeString(directory.resolve("x.jsonl"), "{\"dunes-cassette\":1}\n{\"chunk\":1}\n");
    assertThatThrownBy(() -> replay(cassette))
        .isInstanceOf(CassetteException.class)
        .hasMessageContaining("line 2");
    assertThatThrownBy(() -> replay(directory.resolve("none.jsonl")))
        .isInstanceOf(CassetteException.class);
    assertThatThrownBy(() -> replay(Files.writeString(directory.resolve("y"), "hello")))
        .isInstanceOf(CassetteException.class)
        .hasMessageContaining("line 1");
  }

  @Test
  void whatBreaksOffIsNotRecorded() throws Exception {
    Path cassette = directory.resolve("tape.jsonl");
    try (FakeProvider provider =
            FakeProvider.answering((asked, connection) -> {
              FakeProvider.beginStream(connection);
              FakeProvider.chunk(connection, "data: {}\n\n");
              connection.close();
            });
        GatewayLease lease =
            fixture.lease(spec ->
                spec.upstream(GatewayFixture.anthropicAt(provider.base())).recordTo(cassette));
        RawClient client = fixture.client()) {
      client.send(RawClient.post("/v1/messages", lease.token(), say("hi")));
      client.toEnd();
    }
    assertThat(Files.readString(cassette)).isEqualTo("{\"dunes-cassette\":1}\n");
  }
}
