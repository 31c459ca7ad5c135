package dev.dunes.server.e2b.envd;

import dev.dunes.server.http.Exchange;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.Base64;
import java.util.Optional;

/** Who may read and write files by their address alone. E2B wire 2.5. */
public final class FileSignature {
  private FileSignature() {}

  /** What is done with the file. */
  enum Operation {
    READ("read"),
    WRITE("write");

    private final String wireName;

    Operation(String wireName) {
      this.wireName = wireName;
    }
  }

  /**
   * The signature of an address.
   *
   * @param path as in the query, or empty
   * @param operation {@code read} or {@code write}
   * @param username as in the query, or empty
   * @param token of the sandbox
   * @param expiration in seconds since 1970, if it expires
   */
  public static String of(
      String path, String operation, String username, String token, Optional<String> expiration) {
    String text =
        String.join(":", path, operation, username, token)
            + expiration.map(end -> ":" + end).orElse("");
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return "v1_" + Base64.getEncoder().withoutPadding().encodeToString(digest);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every Java has it
    }
  }

  /** Lets those pass who show the sandbox's token, or an address that was signed with it. */
  static void check(Exchange exchange, Operation operation, Optional<String> token) {
    if (token.isEmpty()) {
      return;
    }
    Optional<String> shown = exchange.header("x-access-token");
    if (shown.isPresent()) {
      if (!same(shown.get(), token.get())) {
        throw EnvdReplies.failure(401, "access token present in header but does not match");
      }
      return;
    }
    // A plus sign that was not encoded has become a space.
    String signature =
        exchange
            .query("signature")
            .orElseThrow(() -> EnvdReplies.failure(401, "missing signature query parameter"))
            .replace(' ', '+');
    Optional<String> expiration = exchange.query("signature_expiration");
    String right =
        of(
            exchange.query("path").orElse(""),
            operation.wireName,
            exchange.query("username").orElse(""),
            token.get(),
            expiration);
    if (!same(signature, right)) {
      throw EnvdReplies.failure(401, "invalid signature");
    }
    if (expiration.filter(end -> isOver(end)).isPresent()) {
      throw EnvdReplies.failure(401, "signature is already expired");
    }
  }

  private static boolean isOver(String expiration) {
    try {
      return Long.parseLong(expiration) < Instant.now().getEpochSecond();
    } catch (NumberFormatException e) {
      throw EnvdReplies.failure(400, "signature_expiration must be a number of seconds");
    }
  }

  /** Takes the same time wherever they differ. */
  static boolean same(String shown, String right) {
    return MessageDigest.isEqual(
        shown.getBytes(StandardCharsets.UTF_8), right.getBytes(StandardCharsets.UTF_8));
  }
}
