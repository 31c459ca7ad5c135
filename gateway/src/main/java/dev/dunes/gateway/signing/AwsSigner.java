package dev.dunes.gateway.signing;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * AWS Signature Version 4, as the AWS documentation "Create a signed AWS API request" describes it:
 * all headers that are given are signed, the path is encoded once more than it is sent.
 *
 * @param region such as {@code us-east-1}
 * @param service such as {@code bedrock}
 */
public record AwsSigner(String region, String service) {
  private static final String ALGORITHM = "AWS4-HMAC-SHA256";
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'", Locale.ROOT).withZone(ZoneOffset.UTC);
  private static final String UNRESERVED =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  private static final HexFormat HEX = HexFormat.of();
  private static final HexFormat UPPER = HexFormat.of().withUpperCase();

  /**
   * The headers to add: {@code x-amz-date}, {@code x-amz-security-token} for temporary credentials,
   * and {@code Authorization}.
   *
   * @param path as it is sent, encoded
   * @param query as it is sent, encoded; empty for none
   * @param headers that are signed; {@code host} must be among them
   */
  public Map<String, String> sign(
      AwsCredentials credentials,
      String method,
      String path,
      String query,
      Map<String, String> headers,
      byte[] body,
      Instant at) {
    String time = TIME.format(at);
    Map<String, String> added = new LinkedHashMap<>();
    added.put("x-amz-date", time);
    credentials
        .sessionToken()
        .ifPresent(token -> added.put("x-amz-security-token", token.reveal()));

    SortedMap<String, String> signed = new TreeMap<>();
    headers.forEach((name, value) -> signed.put(name.toLowerCase(Locale.ROOT), trim(value)));
    added.forEach((name, value) -> signed.put(name, value));
    String names = String.join(";", signed.keySet());
    String request =
        method
            + "\n"
            + path(path)
            + "\n"
            + query(query)
            + "\n"
            + signed.entrySet().stream()
                .map(header -> header.getKey() + ":" + header.getValue() + "\n")
                .collect(Collectors.joining())
            + "\n"
            + names
            + "\n"
            + HEX.formatHex(sha256(body));

    String date = time.substring(0, "yyyyMMdd".length());
    String scope = date + "/" + region + "/" + service + "/aws4_request";
    String toSign =
        ALGORITHM
            + "\n"
            + time
            + "\n"
            + scope
            + "\n"
            + HEX.formatHex(sha256(request.getBytes(UTF_8)));
    byte[] key = ("AWS4" + credentials.secretAccessKey().reveal()).getBytes(UTF_8);
    for (String part : new String[] {date, region, service, "aws4_request"}) {
      key = hmac(key, part);
    }
    added.put(
        "Authorization",
        ALGORITHM
            + " Credential="
            + credentials.accessKeyId()
            + "/"
            + scope
            + ", SignedHeaders="
            + names
            + ", Signature="
            + HEX.formatHex(hmac(key, toSign)));
    return added;
  }

  private static String path(String path) {
    return path.isEmpty()
        ? "/"
        : Arrays.stream(path.split("/", -1))
            .map(AwsSigner::encode)
            .collect(Collectors.joining("/"));
  }

  private static String query(String query) {
    return Arrays.stream(query.split("&"))
        .filter(each -> !each.isEmpty())
        .map(each -> each.contains("=") ? each : each + "=")
        .sorted()
        .collect(Collectors.joining("&"));
  }

  private static String trim(String value) {
    return value.strip().replaceAll(" +", " ");
  }

  /** Every byte but the unreserved ones of RFC 3986 in percent notation. */
  public static String encode(String text) {
    StringBuilder encoded = new StringBuilder();
    for (byte each : text.getBytes(UTF_8)) {
      if (UNRESERVED.indexOf(each) >= 0) {
        encoded.append((char) each);
      } else {
        encoded.append('%').append(UPPER.toHexDigits(each));
      }
    }
    return encoded.toString();
  }

  private static byte[] sha256(byte[] bytes) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(bytes);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e); // every Java has it
    }
  }

  private static byte[] hmac(byte[] key, String text) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(key, "HmacSHA256"));
      return mac.doFinal(text.getBytes(UTF_8));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e); // every Java has it
    }
  }
}
