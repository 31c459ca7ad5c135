package dev.dunes.provider.local;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.regex.Pattern;

/**
 * A SHA-256 as images write it. Others that the OCI allows are hardly ever used.
 *
 * @param hex 64 lower-case digits
 */
record Digest(String hex) {
  private static final String PREFIX = "sha256:";
  private static final Pattern HEX = Pattern.compile("[0-9a-f]{64}");

  static Digest parse(String text) {
    if (!text.startsWith(PREFIX) || !isHex(text.substring(PREFIX.length()))) {
      throw BadImage.because(
          "'%s' is no sha256 digest".formatted(text.substring(0, Math.min(text.length(), 100))));
    }
    return new Digest(text.substring(PREFIX.length()));
  }

  static boolean isHex(String text) {
    return HEX.matcher(text).matches();
  }

  static Digest of(byte[] bytes) {
    return new Digest(HexFormat.of().formatHex(sha256().digest(bytes)));
  }

  /** Everything that is still in the stream goes into it, too. */
  static Digest ofAll(DigestInputStream in) throws IOException {
    in.transferTo(OutputStream.nullOutputStream());
    return new Digest(HexFormat.of().formatHex(in.getMessageDigest().digest()));
  }

  static DigestInputStream measuring(InputStream in) {
    return new DigestInputStream(in, sha256());
  }

  void check(Digest found, String what) {
    if (!equals(found)) {
      throw BadImage.because(
          "%s is not what it should be: %s instead of %s".formatted(what, found, this));
    }
  }

  /** Where blobs of this digest are in OCI layout. */
  String blob() {
    return "blobs/sha256/" + hex;
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  @Override
  public String toString() {
    return PREFIX + hex;
  }
}
