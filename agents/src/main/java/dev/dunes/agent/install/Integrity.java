package dev.dunes.agent.install;

import static java.util.Objects.requireNonNull;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * What bytes must hash to, written {@code sha512-<base64>} as in Subresource Integrity. Other
 * algorithms are refused: the registries that matter have had SHA-512 for years.
 */
public final class Integrity {
  private static final String PREFIX = "sha512-";
  private static final int BYTES = 64;

  private final String text;
  private final byte[] hash;

  private Integrity(String text, byte[] hash) {
    this.text = text;
    this.hash = hash;
  }

  /**
   * Reads one.
   *
   * @throws IllegalArgumentException when it is no SHA-512
   */
  public static Integrity parse(String text) {
    requireNonNull(text, "text");
    if (!text.startsWith(PREFIX)) {
      throw new IllegalArgumentException("no sha512 integrity: " + text);
    }
    byte[] hash = Base64.getDecoder().decode(text.substring(PREFIX.length()));
    if (hash.length != BYTES) {
      throw new IllegalArgumentException("no sha512 integrity: " + text);
    }
    return new Integrity(text, hash);
  }

  /** The one of these bytes. */
  public static Integrity of(byte[] bytes) {
    return ofHash(digest().digest(bytes));
  }

  static Integrity ofHash(byte[] hash) {
    return new Integrity(PREFIX + Base64.getEncoder().encodeToString(hash), hash.clone());
  }

  static MessageDigest digest() {
    try {
      return MessageDigest.getInstance("SHA-512");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-512", e);
    }
  }

  boolean matches(byte[] other) {
    return MessageDigest.isEqual(hash, other);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Integrity that && matches(that.hash);
  }

  @Override
  public int hashCode() {
    return text.hashCode();
  }

  @Override
  public String toString() {
    return text;
  }
}
