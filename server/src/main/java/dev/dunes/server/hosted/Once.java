package dev.dunes.server.hosted;

import dev.dunes.hosting.Account;
import dev.dunes.server.http.Exchange;
import dev.dunes.server.http.Reply;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Does what a client asks for once, however often it asks with the same {@code Idempotency-Key}:
 * the first answer is given again, for 24 hours while the server runs. What failed is done anew.
 * Sandbox API 3.5.
 */
final class Once {
  private static final String HEADER = "idempotency-key";
  private static final Duration KEPT = Duration.ofHours(24);
  private static final int MOST = 10_000;
  private static final int LONGEST = 255;

  private final ReentrantLock lock = new ReentrantLock();
  private final Map<Asked, Given> answers =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Asked, Given> eldest) {
          return size() > MOST || eldest.getValue().old();
        }
      };

  private record Asked(String account, String path, String key) {}

  private record Given(CompletableFuture<Optional<Reply>> reply, Instant at) {
    boolean old() {
      return at.plus(KEPT).isBefore(Instant.now());
    }
  }

  /** Gives an answer. */
  @FunctionalInterface
  interface Work {
    Reply answer() throws InterruptedException;
  }

  /** Whether a client may ask again for the same. */
  static boolean wanted(Exchange exchange) {
    return exchange.header(HEADER).isPresent();
  }

  Reply answer(Exchange exchange, Account account, Work work) throws InterruptedException {
    Optional<String> key = exchange.header(HEADER).map(String::strip);
    if (key.isEmpty()) {
      return work.answer();
    }
    if (key.get().isEmpty() || key.get().length() > LONGEST) {
      throw Failures.invalid("Idempotency-Key must have 1 to %d characters".formatted(LONGEST));
    }
    Asked asked = new Asked(account.id(), exchange.path(), key.get());
    while (true) {
      CompletableFuture<Optional<Reply>> mine = new CompletableFuture<>();
      Optional<CompletableFuture<Optional<Reply>>> other = claim(asked, mine);
      if (other.isEmpty()) {
        return first(asked, mine, work);
      }
      Optional<Reply> given = await(other.get());
      if (given.isPresent()) {
        return given.get().with("idempotent-replayed", "true");
      }
    }
  }

  private Optional<CompletableFuture<Optional<Reply>>> claim(
      Asked asked, CompletableFuture<Optional<Reply>> mine) {
    lock.lock();
    try {
      Given before = answers.get(asked);
      if (before != null && !before.old()) {
        return Optional.of(before.reply());
      }
      answers.put(asked, new Given(mine, Instant.now()));
      return Optional.empty();
    } finally {
      lock.unlock();
    }
  }

  private Reply first(Asked asked, CompletableFuture<Optional<Reply>> mine, Work work)
      throws InterruptedException {
    Optional<Reply> reply = Optional.empty();
    try {
      reply = Optional.of(work.answer());
      return reply.get();
    } finally {
      if (reply.isEmpty()) {
        lock.lock();
        try {
          answers.remove(asked);
        } finally {
          lock.unlock();
        }
      }
      mine.complete(reply);
    }
  }

  private static Optional<Reply> await(CompletableFuture<Optional<Reply>> other)
      throws InterruptedException {
    try {
      return other.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException(e); // it is never completed so
    }
  }
}
