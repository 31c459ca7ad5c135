package dev.dunes.gateway.cassette;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * What a user or a tool said.
 *
 * @param role {@code user} or {@code tool}
 * @param text normalised; the beginning only when it was read from a cassette
 * @param sha of the whole normalised text
 */
record Turn(String role, String text, String sha) {
  /** Enough to see which it is; not enough to hold what vendors put into users' mouths. */
  private static final int SHOWN = 200;

  private static final int SHA_BYTES = 12;

  static Turn of(String role, String text) {
    return new Turn(role, text, sha(text));
  }

  /** What a cassette shows of it to people. */
  String beginning() {
    return text.length() <= SHOWN
        ? text
        : text.substring(0, text.offsetByCodePoints(0, shownCodePoints())) + "…";
  }

  private int shownCodePoints() {
    return text.codePointCount(0, SHOWN - 1);
  }

  boolean same(Turn other) {
    return role.equals(other.role) && sha.equals(other.sha);
  }

  static String sha(String text) {
    try {
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(text.getBytes(UTF_8));
      return HexFormat.of().formatHex(hash, 0, SHA_BYTES);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every Java has it
    }
  }
}
