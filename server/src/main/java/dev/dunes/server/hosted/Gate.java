package dev.dunes.server.hosted;

import dev.dunes.hosting.Account;
import dev.dunes.hosting.Hosting;
import dev.dunes.hosting.HostingException;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.server.http.Exchange;
import dev.dunes.server.http.HttpFailure;
import dev.dunes.server.http.Keys;
import dev.dunes.server.http.Reply;
import dev.dunes.server.http.Route;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Who a request comes from, and what it is told when what it wants cannot be done. The key of the
 * server is the main account's; every other key is an account of its own. Sandbox API 2.1.
 */
public final class Gate {
  private static final Logger LOG = LoggerFactory.getLogger(Gate.class);

  private final Hosting hosting;
  private final Keys keys;

  /** Answers requests of an account. */
  @FunctionalInterface
  public interface Work {
    /** The answer, unless it was given through the exchange itself. */
    Optional<Reply> answer(Exchange exchange, Account account) throws InterruptedException;
  }

  /** Answers requests of an account as a whole. */
  @FunctionalInterface
  public interface Whole {
    Reply answer(Exchange exchange, Account account) throws InterruptedException;
  }

  public Gate(Hosting hosting, Keys keys) {
    this.hosting = hosting;
    this.keys = keys;
  }

  public Route route(String method, String pattern, Whole work) {
    return streaming(method, pattern, (e, account) -> Optional.of(work.answer(e, account)));
  }

  public Route streaming(String method, String pattern, Work work) {
    // Open to the front, which knows one key only: who asks is found out here.
    return Route.open(method, pattern, exchange -> handle(exchange, work));
  }

  private void handle(Exchange exchange, Work work) throws InterruptedException {
    Account account = account(exchange);
    try {
      Optional<Reply> reply = work.answer(exchange, account);
      if (reply.isPresent()) {
        exchange.send(reply.get());
      }
    } catch (HostingException e) {
      LOG.debug("request {}: {}", exchange.id(), e.getMessage(), e);
      throw new HttpFailure(Failures.of(e));
    } catch (SandboxException e) {
      LOG.debug("request {}: {}", exchange.id(), e.getMessage(), e);
      throw new HttpFailure(Failures.of(e));
    }
  }

  private Account account(Exchange exchange) {
    Optional<String> shown = shown(exchange);
    Optional<Account> known = shown.flatMap(hosting::account);
    if (known.isPresent()) {
      return known.get();
    }
    if (!keys.asked() || shown.filter(keys::good).isPresent()) {
      return hosting.mainAccount();
    }
    LOG.warn("request {} from {} has no good key", exchange.id(), exchange.remoteAddress());
    throw new HttpFailure(exchange.dialect().unauthorized(shown.isPresent()));
  }

  /** Whether this is a key of this server, or of one of its accounts. */
  public boolean isKey(String text) {
    return hosting.account(text).isPresent() || keys.good(text);
  }

  private static Optional<String> shown(Exchange exchange) {
    return exchange
        .header("x-api-key")
        .map(String::strip)
        .filter(key -> !key.isEmpty())
        .or(() -> exchange.header("authorization").flatMap(Keys::credentials));
  }
}
