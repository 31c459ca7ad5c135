package dev.dunes.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;

/** Makes tokens of runs, and what they are looked up by. */
final class RunToken {
  private static final String PREFIX = "dunes-";
  private static final int BYTES = 32;
  private static final int CHARACTERS = (BYTES * 4 + 2) / 3;
  private static final SecureRandom RANDOM = new SecureRandom();

  private RunToken() {}

  static String create() {
    byte[] bytes = new byte[BYTES];
    RANDOM.nextBytes(bytes);
    return PREFIX + Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  /** Whether this could be one. */
  static boolean isOne(String text) {
    return text.startsWith(PREFIX) && text.length() == PREFIX.length() + CHARACTERS;
  }

  /**
   * A hash to look a token up by: how long a lookup takes says something of hashes, and nothing of
   * tokens.
   */
  static String hash(String token) {
    try {
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(token.getBytes(UTF_8));
      return HexFormat.of().formatHex(hash);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every Java has it
    }
  }
}
