package dev.dunes.server.e2b.envd;

import dev.dunes.server.e2b.FileSignature;
import dev.dunes.server.http.Exchange;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.Optional;

/** Who may read and write files by their address alone. E2B wire 2.5. */
final class FileAccess {
  private FileAccess() {}

  /** Lets those pass who show the sandbox's token, or an address that was signed with it. */
  static void check(Exchange exchange, Optional<String> token) {
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
    String signature =
        exchange
            .query("signature")
            .map(FileSignature::repaired)
            .orElseThrow(() -> EnvdReplies.failure(401, "missing signature query parameter"));
    FileSignature right = FileSignature.of(exchange);
    if (!right.matches(signature, token.get())) {
      throw EnvdReplies.failure(401, "invalid signature");
    }
    if (right.expires().filter(FileAccess::isOver).isPresent()) {
      throw EnvdReplies.failure(401, "signature is already expired");
    }
  }

  private static boolean isOver(String expires) {
    try {
      return Long.parseLong(expires) < Instant.now().getEpochSecond();
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
