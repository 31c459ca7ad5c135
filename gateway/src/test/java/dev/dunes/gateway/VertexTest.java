package dev.dunes.gateway;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.Socket;
import java.net.URLDecoder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Claude on Vertex AI, against a token service and a provider on loopback that check everything.
 */
class VertexTest {
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static KeyPair key;

  @TempDir Path directory;
  private final GatewayFixture fixture = new GatewayFixture();

  @BeforeAll
  static void makeKey() throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
    generator.initialize(2048);
    key = generator.generateKeyPair();
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  private Path credentials(FakeProvider tokens) throws Exception {
    String pem =
        "-----BEGIN PRIVATE KEY-----\n"
            + Base64.getMimeEncoder(64, new byte[] {'\n'})
                .encodeToString(key.getPrivate().getEncoded())
            + "\n-----END PRIVATE KEY-----\n";
    return Files.writeString(
        directory.resolve("account.json"),
        JSON.createObjectNode()
            .put("type", "service_account")
            .put("client_email", "robot@p.iam.example")
            .put("private_key_id", "kid1")
            .put("private_key", pem)
            .put("token_uri", tokens.base() + "/token")
            .toString());
  }

  private GatewayLease lease(FakeProvider vertex, FakeProvider tokens) throws Exception {
    ModelUpstream upstream =
        new ModelUpstream(
            ModelProtocol.ANTHROPIC,
            "vertex",
            vertex.base(),
            new UpstreamAuth.Vertex("my-project", "us-east5", credentials(tokens)),
            Map.of(),
            "test");
    return fixture.lease(spec -> spec.upstream(upstream));
  }

  /** Answers as the real one does: only when the statement is signed, timely and for it. */
  private static void token(FakeProvider.Asked asked, Socket connection, String token)
      throws IOException {
    try {
      String form = URLDecoder.decode(asked.text(), UTF_8);
      assertThat(form)
          .startsWith("grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer&assertion=");
      String[] parts = form.substring(form.indexOf("assertion=") + 10).split("\\.");
      Signature signature = Signature.getInstance("SHA256withRSA");
      signature.initVerify(key.getPublic());
      signature.update((parts[0] + "." + parts[1]).getBytes(US_ASCII));
      assertThat(signature.verify(Base64.getUrlDecoder().decode(parts[2]))).isTrue();
      JsonNode head = JSON.readTree(Base64.getUrlDecoder().decode(parts[0]));
      JsonNode claims = JSON.readTree(Base64.getUrlDecoder().decode(parts[1]));
      assertThat(head.path("alg").asString()).isEqualTo("RS256");
      assertThat(head.path("kid").asString()).isEqualTo("kid1");
      assertThat(claims.path("iss").asString()).isEqualTo("robot@p.iam.example");
      assertThat(claims.path("aud").asString()).endsWith("/token");
      assertThat(claims.path("scope").asString()).endsWith("/auth/cloud-platform");
      long now = Instant.now().getEpochSecond();
      assertThat(claims.path("iat").asLong()).isBetween(now - 60, now + 1);
      assertThat(claims.path("exp").asLong()).isBetween(now + 3000, now + 3601);
      FakeProvider.say(
          connection,
          200,
          "application/json",
          "{\"access_token\":\"" + token + "\",\"expires_in\":3600,\"token_type\":\"Bearer\"}");
    } catch (GeneralSecurityException | AssertionError e) {
      FakeProvider.say(
          connection,
          400,
          "application/json",
          JSON.createObjectNode().put("error_description", e.toString()).toString());
    }
  }

  @Test
  void aRequestIsMappedAndTheTokenIsKept() throws Exception {
    AtomicInteger asked = new AtomicInteger();
    String stream =
        "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"model\":"
            + "\"claude-sonnet-4-5-20250929\",\"usage\":{\"input_tokens\":120,\"output_tokens\":1}}}\n\n"
            + "event: message_delta\ndata: {\"type\":\"message_delta\",\"usage\":{\"output_tokens\":20}}\n\n";
    try (FakeProvider tokens =
            FakeProvider.answering((request, connection) -> {
              asked.incrementAndGet();
              token(request, connection, "ya29.token-of-the-test");
            });
        FakeProvider vertex = FakeProvider.saying(200, "text/event-stream", stream);
        GatewayLease lease = lease(vertex, tokens)) {
      for (int i = 0; i < 2; i++) {
        RawClient.Answer answer =
            fixture.ask(
                RawClient.post(
                    "/v1/messages?beta=true",
                    lease.token(),
                    "{\"model\":\"claude-sonnet-4-5-20250929\",\"stream\":true,\"max_tokens\":10}"));
        assertThat(answer.text()).isEqualTo(stream);
        FakeProvider.Asked there = vertex.asked();
        assertThat(there.line())
            .isEqualTo(
                "POST /v1/projects/my-project/locations/us-east5/publishers/anthropic/models/"
                    + "claude-sonnet-4-5%4020250929:streamRawPredict HTTP/1.1");
        assertThat(there.header("authorization")).contains("Bearer ya29.token-of-the-test");
        assertThat(there.header("anthropic-version")).isEmpty();
        assertThat(JSON.readTree(there.text()))
            .isEqualTo(
                JSON.readTree(
                    "{\"stream\":true,\"max_tokens\":10,\"anthropic_version\":\"vertex-2023-10-16\"}"));
      }
      assertThat(asked).hasValue(1);
      assertThat(lease.usage().outputTokens()).isEqualTo(40);
    }
  }

  @Test
  void withoutAStreamAndCounting() throws Exception {
    try (FakeProvider tokens =
            FakeProvider.answering((request, connection) -> token(request, connection, "t"));
        FakeProvider vertex = FakeProvider.saying(200, "application/json", "{\"input_tokens\":7}");
        GatewayLease lease = lease(vertex, tokens)) {
      fixture.ask(RawClient.post("/v1/messages", lease.token(), "{\"model\":\"claude-opus-4\"}"));
      assertThat(vertex.asked().line()).contains("/models/claude-opus-4:rawPredict ");
      assertThat(
              fixture
                  .ask(
                      RawClient.post(
                          "/v1/messages/count_tokens",
                          lease.token(),
                          "{\"model\":\"claude-sonnet-4-5-20250929\"}"))
                  .text())
          .isEqualTo("{\"input_tokens\":7}");
      FakeProvider.Asked counting = vertex.asked();
      assertThat(counting.line()).contains("/models/count-tokens:rawPredict ");
      assertThat(counting.text()).contains("\"model\":\"claude-sonnet-4-5@20250929\"");
    }
  }

  @Test
  void aRequestWithoutSenseIsRefused() throws Exception {
    try (FakeProvider tokens = FakeProvider.saying(500, "a/b", "");
        FakeProvider vertex = FakeProvider.saying(200, "application/json", "{}");
        GatewayLease lease = lease(vertex, tokens)) {
      for (String body : List.of("no json", "[]", "{}", "{\"model\":5}")) {
        assertThat(fixture.ask(RawClient.post("/v1/messages", lease.token(), body)).status())
            .isEqualTo(400);
      }
      assertThat(vertex.waiting() + tokens.waiting()).isZero();
    }
  }

  @Test
  void anAccountThatIsNotKnownIsARejectedKey() throws Exception {
    try (FakeProvider tokens =
            FakeProvider.saying(
                400,
                "application/json",
                "{\"error\":\"invalid_grant\",\"error_description\":\"Invalid JWT Signature.\"}");
        FakeProvider vertex = FakeProvider.saying(200, "application/json", "{}");
        GatewayLease lease = lease(vertex, tokens)) {
      RawClient.Answer answer =
          fixture.ask(RawClient.post("/v1/messages", lease.token(), "{\"model\":\"m\"}"));
      assertThat(answer.status()).isEqualTo(401);
      assertThat(answer.header("x-should-retry")).isEqualTo("false");
      assertThat(fixture.event(GatewayEvent.KeyRejected.class).message())
          .isEqualTo("Invalid JWT Signature.");
    }
  }

  @Test
  void aTokenThatIsNotAcceptedIsForgotten() throws Exception {
    List<String> given = new ArrayList<>();
    try (FakeProvider tokens =
            FakeProvider.answering((request, connection) -> {
              given.add("t" + given.size());
              token(request, connection, given.getLast());
            });
        FakeProvider vertex =
            FakeProvider.answering((request, connection) -> {
              boolean old = request.header("authorization").orElse("").endsWith("t0");
              FakeProvider.say(
                  connection,
                  old ? 401 : 404,
                  "application/json",
                  "[{\"error\":{\"code\":1,\"message\":\"says Google\"}}]");
            });
        GatewayLease lease = lease(vertex, tokens)) {
      String request = RawClient.post("/v1/messages", lease.token(), "{\"model\":\"m\"}");
      assertThat(fixture.ask(request).status()).isEqualTo(401);
      RawClient.Answer second = fixture.ask(request);
      assertThat(second.status()).isEqualTo(404); // a foreign error in Anthropic's shape
      assertThat(second.text())
          .isEqualTo(
              "{\"type\":\"error\",\"error\":{\"type\":\"not_found_error\",\"message\":\"says Google\"}}");
      assertThat(given).containsExactly("t0", "t1");
    }
  }
}
