package dev.dunes.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.dunes.gateway.signing.AwsCredentials;
import dev.dunes.gateway.signing.AwsSigner;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.zip.CRC32;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

/** Claude on Bedrock, against a provider on loopback that checks signatures. */
class BedrockTest {
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final Secret SECRET = Secret.of("wJalrXUtnFEMI-of-the-test");
  private static final AwsCredentials CREDENTIALS =
      new AwsCredentials("AKIDOFTHETEST", SECRET, Optional.of(Secret.of("session-of-the-test")));

  private final GatewayFixture fixture = new GatewayFixture();

  @AfterEach
  void close() {
    fixture.close();
  }

  private GatewayLease lease(FakeProvider bedrock, String region) {
    ModelUpstream upstream =
        new ModelUpstream(
            ModelProtocol.ANTHROPIC,
            "bedrock",
            bedrock.base(),
            new UpstreamAuth.Bedrock(
                region,
                CREDENTIALS.accessKeyId(),
                CREDENTIALS.secretAccessKey(),
                CREDENTIALS.sessionToken()),
            Map.of(),
            "test");
    return fixture.lease(spec -> spec.upstream(upstream));
  }

  /** Signs what came once more, as the real one does, and compares. */
  private static boolean isSigned(FakeProvider.Asked asked) {
    Instant time =
        Instant.from(
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmssX")
                .withZone(ZoneOffset.UTC)
                .parse(asked.header("x-amz-date").orElseThrow()));
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put("host", asked.header("host").orElseThrow());
    headers.put("content-type", asked.header("content-type").orElseThrow());
    String path = asked.line().split(" ")[1];
    return new AwsSigner("us-west-2", "bedrock")
        .sign(CREDENTIALS, "POST", path, "", headers, asked.body(), time)
        .get("Authorization")
        .equals(asked.header("authorization").orElseThrow());
  }

  private static byte[] frame(Map<String, String> headers, String payload) {
    ByteArrayOutputStream encoded = new ByteArrayOutputStream();
    headers.forEach((name, value) -> {
      encoded.write(name.length());
      encoded.writeBytes(name.getBytes(UTF_8));
      encoded.write(7);
      encoded.write(value.length() >> 8);
      encoded.write(value.length());
      encoded.writeBytes(value.getBytes(UTF_8));
    });
    byte[] body = payload.getBytes(UTF_8);
    ByteBuffer frame = ByteBuffer.allocate(12 + encoded.size() + body.length + 4);
    frame.putInt(frame.capacity()).putInt(encoded.size());
    frame.putInt(crc(frame.array(), 8));
    frame.put(encoded.toByteArray()).put(body);
    frame.putInt(crc(frame.array(), frame.position()));
    return frame.array();
  }

  private static int crc(byte[] bytes, int length) {
    CRC32 crc = new CRC32();
    crc.update(bytes, 0, length);
    return (int) crc.getValue();
  }

  private static byte[] event(String json) {
    return frame(
        Map.of(
            ":message-type", "event", ":event-type", "chunk", ":content-type", "application/json"),
        "{\"bytes\":\""
            + Base64.getEncoder().encodeToString(json.getBytes(UTF_8))
            + "\",\"p\":\"ab\"}");
  }

  private static void begin(Socket connection) throws IOException {
    FakeProvider.write(
        connection,
        "HTTP/1.1 200 OK\r\nContent-Type: application/vnd.amazon.eventstream\r\n"
            + "Connection: close\r\n\r\n");
  }

  @Test
  void aStreamOfFramesBecomesEvents() throws Exception {
    String start =
        "{\"type\":\"message_start\",\"message\":{\"model\":\"claude-sonnet-4-5-20250929\",\"usage\":"
            + "{\"input_tokens\":120,\"output_tokens\":1}}}";
    String end = "{\"type\":\"message_delta\",\"delta\":{},\"usage\":{\"output_tokens\":20}}";
    try (FakeProvider bedrock =
            FakeProvider.answering((asked, connection) -> {
              if (!isSigned(asked)) {
                FakeProvider.say(
                    connection, 403, "application/json", "{\"message\":\"bad signature\"}");
                return;
              }
              begin(connection);
              ByteArrayOutputStream all = new ByteArrayOutputStream();
              all.writeBytes(event(start));
              all.writeBytes(frame(Map.of(":event-type", "other"), "{}"));
              all.writeBytes(event(end));
              for (byte each : all.toByteArray()) { // every cut there can be
                connection.getOutputStream().write(each);
              }
              connection.close();
            });
        GatewayLease lease = lease(bedrock, "us-west-2")) {
      RawClient.Answer answer =
          fixture.ask(
              RawClient.post(
                      "/v1/messages?beta=true",
                      lease.token(),
                      "{\"model\":\"claude-sonnet-4-5-20250929\",\"stream\":true,\"max_tokens\":9}")
                  .replace("content-type:", "anthropic-beta: one, two\r\ncontent-type:"));
      assertThat(answer.status()).isEqualTo(200);
      assertThat(answer.header("content-type")).startsWith("text/event-stream");
      assertThat(answer.text())
          .isEqualTo(
              "event: message_start\ndata: "
                  + start
                  + "\n\nevent: message_delta\ndata: "
                  + end
                  + "\n\n");
      FakeProvider.Asked asked = bedrock.asked();
      assertThat(asked.line())
          .isEqualTo(
              "POST /model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/invoke-with-response-stream"
                  + " HTTP/1.1");
      assertThat(JSON.readTree(asked.text()))
          .isEqualTo(
              JSON.readTree(
                  "{\"max_tokens\":9,\"anthropic_version\":\"bedrock-2023-05-31\","
                      + "\"anthropic_beta\":[\"one\",\"two\"]}"));
      assertThat(asked.header("x-amz-security-token")).contains("session-of-the-test");
      assertThat(asked.all()).doesNotContain(SECRET.reveal()).doesNotContain(lease.token());
      assertThat(lease.usage().inputTokens()).isEqualTo(120);
      assertThat(lease.usage().outputTokens()).isEqualTo(20);
    }
  }

  @Test
  void anExceptionInTheStreamIsAnErrorEvent() throws Exception {
    try (FakeProvider bedrock =
            FakeProvider.answering((asked, connection) -> {
              begin(connection);
              connection
                  .getOutputStream()
                  .write(
                      frame(
                          Map.of(
                              ":message-type", "exception",
                              ":exception-type", "throttlingException"),
                          "{\"message\":\"Too many\"}"));
              connection.close();
            });
        GatewayLease lease = lease(bedrock, "us-west-2")) {
      assertThat(
              fixture
                  .ask(
                      RawClient.post(
                          "/v1/messages", lease.token(), "{\"model\":\"a.b\",\"stream\":true}"))
                  .text())
          .isEqualTo(
              "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"rate_limit_error\","
                  + "\"message\":\"throttlingException: Too many\"}}\n\n");
    }
  }

  @Test
  void brokenFramesAreNoAnswer() throws Exception {
    byte[] good = event("{\"type\":\"ping\"}");
    byte[] wrongSum = good.clone();
    wrongSum[good.length - 1] ^= 1;
    byte[] wrongPrelude = good.clone();
    wrongPrelude[0] = 0x7f;
    for (byte[] bytes : new byte[][] {wrongSum, wrongPrelude}) {
      try (FakeProvider bedrock =
              FakeProvider.answering((asked, connection) -> {
                begin(connection);
                connection.getOutputStream().write(bytes);
                connection.getInputStream().read();
              });
          GatewayLease lease = lease(bedrock, "us-west-2");
          RawClient client = fixture.client()) {
        client.send(
            RawClient.post("/v1/messages", lease.token(), "{\"model\":\"a.b\",\"stream\":true}"));
        RawClient.Answer answer = client.answer();
        assertThat(answer.status()).isEqualTo(502);
        assertThat(fixture.event(GatewayEvent.UpstreamUnreachable.class).message())
            .contains("checksum");
      }
    }
  }

  @Test
  void countingTokens() throws Exception {
    try (FakeProvider bedrock =
            FakeProvider.saying(200, "application/json", "{\"inputTokens\":42}");
        GatewayLease lease = lease(bedrock, "eu-central-1")) {
      assertThat(
              fixture
                  .ask(
                      RawClient.post(
                          "/v1/messages/count_tokens",
                          lease.token(),
                          "{\"model\":\"claude-haiku-4-5-20251001\",\"messages\":[]}"))
                  .text())
          .isEqualTo("{\"input_tokens\":42}");
      FakeProvider.Asked asked = bedrock.asked();
      assertThat(asked.line())
          .contains("/model/eu.anthropic.claude-haiku-4-5-20251001-v1%3A0/count-tokens ");
      String inner =
          JSON.readTree(asked.text()).path("input").path("invokeModel").path("body").asString("");
      assertThat(new String(Base64.getDecoder().decode(inner), UTF_8))
          .contains("\"messages\":[]")
          .contains("\"max_tokens\":1");
    }
  }

  @Test
  void aWrongKeyIsTold() throws Exception {
    try (FakeProvider bedrock =
            FakeProvider.saying(
                403,
                "application/json",
                "{\"message\":\"The security token included in the request is invalid.\"}");
        GatewayLease lease = lease(bedrock, "us-west-2")) {
      assertThat(
              fixture
                  .ask(RawClient.post("/v1/messages", lease.token(), "{\"model\":\"a.b\"}"))
                  .status())
          .isEqualTo(401);
      assertThat(fixture.event(GatewayEvent.KeyRejected.class).provider()).isEqualTo("bedrock");
    }
  }

  @Test
  void aModelWhoseNameThereIsNotKnown() throws Exception {
    try (FakeProvider bedrock = FakeProvider.saying(200, "application/json", "{}");
        GatewayLease lease = lease(bedrock, "us-west-2")) {
      RawClient.Answer answer =
          fixture.ask(
              RawClient.post("/v1/messages", lease.token(), "{\"model\":\"claude-opus-9\"}"));
      assertThat(answer.status()).isEqualTo(400);
      assertThat(answer.text()).contains("ANTHROPIC_DEFAULT_SONNET_MODEL");
      fixture.ask(
          RawClient.post(
              "/v1/messages",
              lease.token(),
              "{\"model\":\"arn:aws:bedrock:us-west-2:1:application-inference-profile/x\"}"));
      assertThat(bedrock.asked().line())
          .contains(
              "/model/arn%3Aaws%3Abedrock%3Aus-west-2%3A1%3Aapplication-inference-profile%2Fx/");
    }
  }
}
