package dev.dunes.server.http;

import dev.dunes.session.Settings;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The keys clients show: the token the server was started with, {@code SANDSTORM_API_KEY} and,
 * while it is changed, {@code SANDSTORM_API_KEY_PREVIOUS}. The latter are read anew for each
 * request, so that a key can be changed without a restart; one that vanishes or becomes too short
 * leaves the last good one in force. Query API 2.7.
 */
public final class Keys {
  private static final Logger LOG = LoggerFactory.getLogger(Keys.class);
  private static final int SHORTEST = 32;
  private static final String KEY = "DUNES_API_KEY";
  private static final String PREVIOUS = "DUNES_API_KEY_PREVIOUS";

  private final Settings settings;
  private final Optional<String> token;
  private final boolean open;
  private volatile Optional<String> current;

  /** What a request shows. */
  enum Shown {
    /** A good key, or none is asked for. */
    GOOD,
    NONE,
    WRONG
  }

  /**
   * @param token another key that is good, as long as the server runs
   * @param open whether no key is asked for whatever else is set
   * @throws IllegalArgumentException when the key is too short
   */
  public Keys(Settings settings, Optional<String> token, boolean open) {
    this.settings = settings;
    this.token = token;
    this.open = open;
    this.current = settings.get(KEY);
    if (current.isPresent() && current.get().length() < SHORTEST) {
      throw tooShort();
    }
  }

  private static IllegalArgumentException tooShort() {
    return new IllegalArgumentException(
        "SANDSTORM_API_KEY must have at least 32 characters; `openssl rand -hex 32` makes one");
  }

  /** Whether a key is asked for. */
  public boolean asked() {
    return !open && (token.isPresent() || current().isPresent());
  }

  /** Whether a request shows a key that is good now. */
  public boolean admits(Exchange exchange) {
    return shown(exchange, false) == Shown.GOOD;
  }

  /**
   * What a request shows.
   *
   * @param inQuery whether the parameter {@code access_token} counts, too
   */
  Shown shown(Exchange exchange, boolean inQuery) {
    Optional<String> key = open ? Optional.empty() : current();
    if (open || key.isEmpty() && token.isEmpty()) {
      return Shown.GOOD;
    }
    Optional<String> shown =
        exchange
            .header("authorization")
            .flatMap(Keys::credentials)
            .or(() -> inQuery ? exchange.query("access_token") : Optional.empty());
    if (shown.isEmpty()) {
      return Shown.NONE;
    }
    return good(shown.get()) ? Shown.GOOD : Shown.WRONG;
  }

  /** Whether this is a key that is good now. */
  public boolean good(String shown) {
    byte[] bytes = shown.getBytes(StandardCharsets.UTF_8);
    List<String> good =
        Stream.of(
                token.stream(),
                current().stream(),
                settings.get(PREVIOUS).filter(old -> old.length() >= SHORTEST).stream())
            .flatMap(found -> found)
            .toList();
    boolean admitted = false;
    for (String one : good) {
      // All are compared, so that the time tells nothing.
      admitted |= MessageDigest.isEqual(bytes, one.getBytes(StandardCharsets.UTF_8));
    }
    return admitted;
  }

  private Optional<String> current() {
    Optional<String> now = settings.get(KEY);
    if (now.equals(current)) {
      return now;
    }
    if (now.isEmpty() || now.get().length() < SHORTEST) {
      LOG.error("SANDSTORM_API_KEY is gone or too short; the last good one stays in force");
      return current;
    }
    current = now;
    return now;
  }

  /** The key in a header {@code Authorization}. */
  public static Optional<String> credentials(String header) {
    String[] parts = header.strip().split("\\s+", 2);
    boolean known = parts[0].equalsIgnoreCase("bearer") || parts[0].equalsIgnoreCase("token");
    return known && parts.length == 2 && !parts[1].isBlank()
        ? Optional.of(parts[1].strip())
        : Optional.empty();
  }
}
