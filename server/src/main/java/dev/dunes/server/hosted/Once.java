package dev.dunes.server.hosted;

import dev.dunes.hosting.Account;
import dev.dunes.hosting.AnswerBook;
import dev.dunes.hosting.HostedSandbox;
import dev.dunes.hosting.Hosting;
import dev.dunes.server.http.Exchange;
import dev.dunes.server.http.Json;
import dev.dunes.server.http.Reply;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Does what a client asks for once, however often it asks with the same {@code Idempotency-Key}:
 * the first answer is given again, for 24 hours, also by the next server of the same directory.
 * What failed is done anew. Sandbox API 3.5.
 */
final class Once {
  private static final Logger LOG = LoggerFactory.getLogger(Once.class);
  private static final String HEADER = "idempotency-key";
  private static final Duration KEPT = Duration.ofHours(24);
  private static final int MOST = 10_000;
  private static final int LONGEST = 255;

  /** Kept with the sandbox, not with the answer. */
  private static final List<String> TOKENS = List.of("envdAccessToken", "trafficAccessToken");

  private final Hosting hosting;
  private final SandboxJson json;

  private final ReentrantLock lock = new ReentrantLock();
  private final Map<String, Given> answers =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Given> eldest) {
          return size() > MOST || eldest.getValue().old();
        }
      };

  private record Given(CompletableFuture<Optional<Reply>> reply, Instant at) {
    boolean old() {
      return at.plus(KEPT).isBefore(Instant.now());
    }
  }

  /**
   * An answer about a sandbox.
   *
   * @param body of the reply
   */
  record Made(HostedSandbox sandbox, ObjectNode body, Reply reply) {}

  /** Gives an answer. */
  @FunctionalInterface
  interface Work {
    /**
     * @param asked what the request is called, if it may come again
     */
    Made answer(Optional<String> asked) throws InterruptedException;
  }

  Once(Hosting hosting, SandboxJson json) {
    this.hosting = hosting;
    this.json = json;
  }

  /** Whether a client may ask again for the same. */
  static boolean wanted(Exchange exchange) {
    return exchange.header(HEADER).isPresent();
  }

  Reply answer(Exchange exchange, Account account, Work work) throws InterruptedException {
    Optional<String> key = exchange.header(HEADER).map(String::strip);
    if (key.isEmpty()) {
      return work.answer(Optional.empty()).reply();
    }
    if (key.get().isEmpty() || key.get().length() > LONGEST) {
      throw Failures.invalid("Idempotency-Key must have 1 to %d characters".formatted(LONGEST));
    }
    String asked = AnswerBook.name(account, exchange.path(), key.get());
    while (true) {
      CompletableFuture<Optional<Reply>> mine = new CompletableFuture<>();
      Optional<CompletableFuture<Optional<Reply>>> other = claim(asked, mine);
      if (other.isEmpty()) {
        return first(exchange, account, asked, mine, work);
      }
      Optional<Reply> given = await(other.get());
      if (given.isPresent()) {
        return again(given.get());
      }
    }
  }

  private Optional<CompletableFuture<Optional<Reply>>> claim(
      String asked, CompletableFuture<Optional<Reply>> mine) {
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

  private Reply first(
      Exchange exchange,
      Account account,
      String asked,
      CompletableFuture<Optional<Reply>> mine,
      Work work)
      throws InterruptedException {
    Optional<Reply> reply = Optional.empty();
    try {
      reply = before(exchange, account, asked);
      if (reply.isPresent()) {
        return again(reply.get());
      }
      Made made = work.answer(Optional.of(asked));
      reply = Optional.of(made.reply());
      keep(asked, made);
      return made.reply();
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

  private static Reply again(Reply reply) {
    return reply.with("idempotent-replayed", "true");
  }

  /** What an earlier server has answered, or would have, had it not been killed meanwhile. */
  private Optional<Reply> before(Exchange exchange, Account account, String asked) {
    Optional<AnswerBook.Given> kept = hosting.answers().find(asked);
    if (kept.isEmpty()) {
      return hosting
          .asked(account, asked)
          .map(made -> SandboxJson.endsAt(Reply.json(201, json.of(exchange, made)), made));
    }
    ObjectNode body = (ObjectNode) Json.MAPPER.readTree(kept.get().body());
    hosting
        .locate(kept.get().sandbox())
        .map(found -> json.of(exchange, found.sandbox()))
        .ifPresent(
            now -> TOKENS.stream().filter(now::has).forEach(name -> body.set(name, now.get(name))));
    return Optional.of(new Reply(kept.get().status(), kept.get().headers(), Json.bytes(body)));
  }

  private void keep(String asked, Made made) {
    ObjectNode body = made.body().deepCopy();
    TOKENS.forEach(body::remove);
    try {
      hosting
          .answers()
          .keep(
              asked,
              new AnswerBook.Given(
                  made.sandbox().id(),
                  made.reply().status(),
                  made.reply().headers(),
                  body.toString(),
                  Instant.now()));
    } catch (UncheckedIOException e) {
      // It is made, and its ledger knows what it was made for.
      LOG.error("the answer about {} cannot be kept", made.sandbox().id(), e);
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
