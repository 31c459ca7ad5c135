package dev.dunes.server.e2b;

import dev.dunes.server.http.Exchange;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.Optional;

/**
 * What a signed URL of a file says. E2B wire 2.5.
 *
 * @param path as it stands in the query, decoded; may be empty
 * @param operation {@code read} or {@code write}
 * @param user who does it inside; may be empty
 * @param expires when it is good no more, in seconds since 1970, as it stands in the query
 */
public record FileSignature(String path, String operation, String user, Optional<String> expires) {
  private static final String VERSION = "v1_";

  /** What a request to {@code /files} would have to be signed for. */
  public static FileSignature of(Exchange exchange) {
    return new FileSignature(
        exchange.query("path").orElse(""),
        exchange.method().equals("GET") || exchange.method().equals("HEAD") ? "read" : "write",
        exchange.query("username").orElse(""),
        exchange.query("signature_expiration"));
  }

  /** A signature out of a query, in which a plus sign that was not encoded became a space. */
  public static String repaired(String signature) {
    return signature.replace(' ', '+');
  }

  /** The signature that the holder of a token would make. */
  public String sign(String token) {
    String text =
        String.join(":", path, operation, user, token) + expires.map(at -> ":" + at).orElse("");
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return VERSION + Base64.getEncoder().withoutPadding().encodeToString(hash);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  /** Whether this was signed with this token; how long that takes tells nothing. */
  public boolean matches(String signature, String token) {
    return MessageDigest.isEqual(
        signature.getBytes(StandardCharsets.UTF_8), sign(token).getBytes(StandardCharsets.UTF_8));
  }
}
