package dev.dunes.server.e2b;

import dev.dunes.server.http.Exchange;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;
import java.util.function.Predicate;

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
    return VERSION + Base64.getEncoder().withoutPadding().encodeToString(hash(before(), token));
  }

  /** Whether this was signed with this token; how long that takes tells nothing. */
  public boolean matches(String signature, String token) {
    return checker(signature).test(token);
  }

  /**
   * Whether a signature was made with a token. Asked of many tokens it digests what stands before
   * them once: a long path costs no more than a short one for each of them. For one thread.
   */
  Predicate<String> checker(String signature) {
    byte[] wanted = bytes(signature);
    MessageDigest before = before();
    return token -> {
      byte[] right = Base64.getEncoder().withoutPadding().encode(hash(before, token));
      return wanted.length == VERSION.length() + right.length
          && signature.startsWith(VERSION)
          && MessageDigest.isEqual(
              Arrays.copyOfRange(wanted, VERSION.length(), wanted.length), right);
    };
  }

  private MessageDigest before() {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(bytes(String.join(":", path, operation, user, "")));
      return digest;
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  private byte[] hash(MessageDigest before, String token) {
    try {
      MessageDigest digest = (MessageDigest) before.clone();
      digest.update(bytes(token));
      expires.ifPresent(at -> digest.update(bytes(":" + at)));
      return digest.digest();
    } catch (CloneNotSupportedException e) {
      throw new IllegalStateException("the platform's SHA-256 can be copied", e);
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
