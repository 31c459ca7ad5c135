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
 * The keys clients show: {@code SANDSTORM_API_KEY} and, while it is changed, {@code
 * SANDSTORM_API_KEY_PREVIOUS}. Both are read anew for each request, so that a key can be changed
 * without a restart; one that vanishes or becomes too short leaves the last good one in force.
 * Query API 2.7.
 */
public final class Keys {
  private static final Logger LOG = LoggerFactory.getLogger(Keys.class);
  private static final int SHORTEST = 32;
  private static final String KEY = "DUNES_API_KEY";
  private static final String PREVIOUS = "DUNES_API_KEY_PREVIOUS";
  private static final Reply NONE =
      Reply.detail(401, "Not authenticated").with("www-authenticate", "Bearer");
  private static final Reply WRONG =
      Reply.detail(401, "Invalid authentication credentials").with("www-authenticate", "Bearer");

  private final Settings settings;
  private volatile Optional<String> current;

  /**
   * @throws IllegalArgumentException when the key is too short
   */
  public Keys(Settings settings) {
    this.settings = settings;
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
    return current().isPresent();
  }

  /** Whether a request shows a key that is good now. */
  public boolean admits(Exchange exchange) {
    return refusal(exchange).isEmpty();
  }

  /** The answer to a request that may not go on. */
  Optional<Reply> refusal(Exchange exchange) {
    Optional<String> key = current();
    if (key.isEmpty()) {
      return Optional.empty();
    }
    Optional<String> shown = exchange.header("authorization").flatMap(Keys::bearer);
    if (shown.isEmpty()) {
      return Optional.of(NONE);
    }
    byte[] bytes = shown.get().getBytes(StandardCharsets.UTF_8);
    List<String> good =
        Stream.concat(
                key.stream(),
                settings.get(PREVIOUS).filter(old -> old.length() >= SHORTEST).stream())
            .toList();
    boolean admitted = false;
    for (String one : good) {
      // All are compared, so that the time tells nothing.
      admitted |= MessageDigest.isEqual(bytes, one.getBytes(StandardCharsets.UTF_8));
    }
    return admitted ? Optional.empty() : Optional.of(WRONG);
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

  private static Optional<String> bearer(String header) {
    String[] parts = header.strip().split("\\s+", 2);
    return parts.length == 2 && parts[0].equalsIgnoreCase("bearer") && !parts[1].isBlank()
        ? Optional.of(parts[1].strip())
        : Optional.empty();
  }
}
