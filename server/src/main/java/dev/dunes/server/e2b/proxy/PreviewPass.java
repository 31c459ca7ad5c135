package dev.dunes.server.e2b.proxy;

import dev.dunes.server.http.Exchange;
import java.nio.charset.StandardCharsets;
import java.security.InvalidKeyException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Lets a browser in to one port of a sandbox for a while: {@code <end>-<signature>}, in the query
 * of the first request and in a cookie after that.
 *
 * @param until when it is good no more, in seconds since 1970
 * @param signature of that and the port, in hexadecimal
 */
public record PreviewPass(long until, String signature) {
  /** Of the parameter and of the cookie. */
  public static final String NAME = "dunes-preview";

  private static final Pattern TEXT = Pattern.compile("(\\d{1,12})-([0-9a-f]{64})");

  /** One for a port, signed with the token of the sandbox. */
  public static PreviewPass sign(String token, int port, Instant until) {
    return new PreviewPass(until.getEpochSecond(), mac(token, port, until.getEpochSecond()));
  }

  static Optional<PreviewPass> parse(String text) {
    Matcher found = TEXT.matcher(text);
    return found.matches()
        ? Optional.of(new PreviewPass(Long.parseLong(found.group(1)), found.group(2)))
        : Optional.empty();
  }

  static Optional<PreviewPass> ofCookie(Exchange exchange) {
    return exchange
        .header("cookie")
        .flatMap(all ->
            Arrays.stream(all.split(";"))
                .map(String::strip)
                .filter(one -> one.startsWith(NAME + "="))
                .map(one -> one.substring(NAME.length() + 1))
                .flatMap(text -> parse(text).stream())
                .findFirst());
  }

  /** Other cookies of a request. */
  static Optional<String> withoutCookie(String all) {
    String rest =
        String.join(
            "; ",
            Arrays.stream(all.split(";"))
                .map(String::strip)
                .filter(one -> !one.isEmpty() && !one.startsWith(NAME + "="))
                .toList());
    return Optional.of(rest).filter(text -> !text.isEmpty());
  }

  boolean good(String token, int port) {
    return until > Instant.now().getEpochSecond()
        && MessageDigest.isEqual(
            signature.getBytes(StandardCharsets.US_ASCII),
            mac(token, port, until).getBytes(StandardCharsets.US_ASCII));
  }

  /** As it stands in a query. */
  public String text() {
    return until + "-" + signature;
  }

  String cookie() {
    long left = Math.max(1, until - Instant.now().getEpochSecond());
    return "%s=%s; Path=/; HttpOnly; SameSite=Lax; Max-Age=%d".formatted(NAME, text(), left);
  }

  private static String mac(String token, int port, long until) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(token.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
      return HexFormat.of()
          .formatHex(mac.doFinal((port + ":" + until).getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException | InvalidKeyException e) {
      throw new IllegalStateException("every Java platform has HmacSHA256", e);
    }
  }
}
