package dev.dunes.gateway.signing;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.dunes.gateway.Secret;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The vectors AWS has published for Signature Version 4. */
class AwsSignerTest {
  private static final Instant TIME = Instant.parse("2015-08-30T12:36:00Z");
  private static final AwsCredentials CREDENTIALS =
      new AwsCredentials(
          "AKIDEXAMPLE", Secret.of("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"), Optional.empty());
  private static final AwsSigner SIGNER = new AwsSigner("us-east-1", "service");

  private static Map<String, String> sign(
      String method, String path, String query, Map<String, String> more, String body) {
    Map<String, String> headers = new TreeMap<>(more);
    headers.put("Host", "example.amazonaws.com");
    return SIGNER.sign(CREDENTIALS, method, path, query, headers, body.getBytes(UTF_8), TIME);
  }

  private static String signature(Map<String, String> added) {
    String authorization = added.get("Authorization");
    return authorization.substring(authorization.indexOf("Signature=") + "Signature=".length());
  }

  @ParameterizedTest
  @CsvSource({
    "GET, '', 5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
    "POST, '', 5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
    "GET, Param2=value2&Param1=value1, b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
    "POST, Param1=value1, 28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11",
    "GET, %E1%88%B4=bar, 2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04"
  })
  void theSuitesRequestsWithoutABody(String method, String query, String expected) {
    assertThat(signature(sign(method, "/", query, Map.of(), ""))).isEqualTo(expected);
  }

  @Test
  void theSuitesHeadersWithSpaces() {
    assertThat(
            signature(
                sign(
                    "GET",
                    "/",
                    "",
                    Map.of("My-Header1", " value1", "My-Header2", " \"a   b   c\""),
                    "")))
        .isEqualTo("acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736");
  }

  @Test
  void theSuitesUnreservedCharacters() {
    String path = "/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    assertThat(signature(sign("GET", path, "", Map.of(), "")))
        .isEqualTo("07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f");
  }

  @Test
  void theSuitesForm() {
    assertThat(
            signature(
                sign(
                    "POST",
                    "/",
                    "",
                    Map.of("Content-Type", "application/x-www-form-urlencoded"),
                    "Param1=value1")))
        .isEqualTo("ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a");
  }

  @Test
  void theExampleOfTheDocumentation() {
    Map<String, String> headers =
        Map.of(
            "Host", "iam.amazonaws.com",
            "Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
    assertThat(
            new AwsSigner("us-east-1", "iam")
                .sign(
                    CREDENTIALS,
                    "GET",
                    "/",
                    "Action=ListUsers&Version=2010-05-08",
                    headers,
                    new byte[0],
                    TIME))
        .containsEntry(
            "Authorization",
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request,"
                + " SignedHeaders=content-type;host;x-amz-date,"
                + " Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7");
  }

  @Test
  void temporaryCredentialsAreSignedToo() {
    AwsCredentials temporary =
        new AwsCredentials("AKID", Secret.of("secret"), Optional.of(Secret.of("session")));
    Map<String, String> added =
        SIGNER.sign(temporary, "GET", "/", "", Map.of("host", "h"), new byte[0], TIME);
    assertThat(added).containsEntry("x-amz-security-token", "session");
    assertThat(added.get("Authorization"))
        .contains("SignedHeaders=host;x-amz-date;x-amz-security-token");
  }
}
