package dev.dunes.provider.modal;

import dev.dunes.sandbox.SandboxAuthenticationException;
import dev.dunes.sandbox.SandboxException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * The token that calls carry beside the credentials: asked for with the first call, replaced after
 * 50 to 60 % of its time while calls go on with the old one. Cloud providers 2.2.
 */
final class AuthTokens {
  private static final Logger LOG = LoggerFactory.getLogger(AuthTokens.class);
  private static final JsonMapper JSON = JsonMapper.builder().build();

  /** Of a token that does not say it. */
  private static final Duration USUAL_LIFETIME = Duration.ofMinutes(20);

  private static final Duration FIRST_PAUSE = Duration.ofMillis(500);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(60);

  /** Times are those of {@link System#nanoTime()}. */
  private record Held(String token, long refreshAt) {}

  private final Supplier<String> source;
  private final ReentrantLock lock = new ReentrantLock();
  private final AtomicBoolean refreshing = new AtomicBoolean();
  private volatile @Nullable Held held;
  private Duration pause = FIRST_PAUSE;

  /**
   * @param source asks for a new one; throws a {@link SandboxException}
   */
  AuthTokens(Supplier<String> source) {
    this.source = source;
  }

  String get() {
    Held now = held;
    if (now == null) {
      return first();
    }
    if (System.nanoTime() - now.refreshAt() >= 0 && refreshing.compareAndSet(false, true)) {
      Thread.ofVirtual().name("modal-token").start(() -> refresh(now));
    }
    return now.token();
  }

  /** The server does not take this one any more. */
  void invalidate(String token) {
    lock.lock();
    try {
      Held now = held;
      if (now != null && now.token().equals(token)) {
        held = null;
      }
    } finally {
      lock.unlock();
    }
  }

  private String first() {
    lock.lock();
    try {
      Held now = held;
      if (now == null) {
        now = hold(source.get());
        held = now;
      }
      return now.token();
    } finally {
      lock.unlock();
    }
  }

  private void refresh(Held old) {
    try {
      Held fresh = hold(source.get());
      lock.lock();
      try {
        held = fresh;
        pause = FIRST_PAUSE;
      } finally {
        lock.unlock();
      }
    } catch (SandboxAuthenticationException e) {
      // final: the next call asks itself, and says so
      invalidate(old.token());
    } catch (SandboxException e) {
      LOG.debug("modal gave no new token; the old one is kept for now", e);
      lock.lock();
      try {
        if (held == old) {
          held = new Held(old.token(), System.nanoTime() + pause.toNanos());
        }
        Duration twice = pause.multipliedBy(2);
        pause = twice.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : twice;
      } finally {
        lock.unlock();
      }
    } finally {
      refreshing.set(false);
    }
  }

  private static Held hold(String token) {
    double part = 0.5 + ThreadLocalRandom.current().nextDouble(0.1);
    long nanos = (long) (lifetime(token).orElse(USUAL_LIFETIME).toNanos() * part);
    return new Held(token, System.nanoTime() + nanos);
  }

  /** What is left of it by its own {@code exp}. RFC 7519, 4.1.4. */
  static Optional<Duration> lifetime(String token) {
    String[] parts = token.split("\\.", -1);
    if (parts.length != 3) {
      return Optional.empty();
    }
    try {
      byte[] claims = Base64.getUrlDecoder().decode(parts[1].getBytes(StandardCharsets.US_ASCII));
      long expires = JSON.readTree(claims).path("exp").asLong(0);
      long left = expires - System.currentTimeMillis() / 1000;
      return expires == 0
          ? Optional.empty()
          : Optional.of(Duration.ofSeconds(Math.clamp(left, 0, Duration.ofDays(1).toSeconds())));
    } catch (IllegalArgumentException | JacksonException e) {
      return Optional.empty(); // it does not say
    }
  }
}
