package dev.dunes.server.e2b;

import dev.dunes.hosting.HostedSandbox;
import dev.dunes.hosting.Hosting;
import dev.dunes.hosting.HostingException;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.server.hosted.CodeDialect;
import dev.dunes.server.hosted.Failures;
import dev.dunes.server.http.Exchange;
import dev.dunes.server.http.Front;
import dev.dunes.server.http.HttpFailure;
import dev.dunes.server.http.Reply;
import dev.dunes.server.http.Route;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds the requests that are for a port of a sandbox, and brings them there. The order of the
 * rules is E2B wire 2.1: host name, headers, access token, signature; everything else is for the
 * control plane.
 */
final class Traffic implements Front.Ahead {
  private static final Logger LOG = LoggerFactory.getLogger(Traffic.class);
  private static final Pattern HOST = Pattern.compile("(\\d+)-([a-z0-9]+)\\..*");
  private static final Pattern ID = Pattern.compile("[a-z0-9]+");

  /** How the published SDKs call themselves; others are answered as their path wants it. */
  private static final Pattern SDK =
      Pattern.compile("e2b-[\\x21-\\x7e]{1,64}(?: [\\x20-\\x7e]{0,200})?");

  private static final int MOST_PORT = 65_535;
  private static final CodeDialect CODES = new CodeDialect();

  /** What pages of any origin may do at the ports served here. E2B wire 2.5. */
  private static final Map<String, String> PAGES =
      Map.of(
          "access-control-allow-origin",
          "*",
          "access-control-expose-headers",
          "*",
          "access-control-max-age",
          "7200");

  private final Hosting hosting;
  private final Map<Integer, SandboxPort> served;
  private final SandboxPort others;
  private final Signers signers;

  /** What a request is for. */
  private record Target(String sandbox, int port) {}

  /**
   * @param served by the port
   * @param others serves all other ports
   */
  Traffic(Hosting hosting, Map<Integer, SandboxPort> served, SandboxPort others) {
    this.hosting = hosting;
    this.served = Map.copyOf(served);
    this.others = others;
    this.signers = new Signers(hosting);
  }

  @Override
  public Optional<Route.Handler> find(Exchange exchange) {
    exchange
        .header("user-agent")
        .filter(agent -> SDK.matcher(agent).matches())
        .ifPresent(agent ->
            exchange.dialect(
                new CodeDialect(
                    "%s %s is not served here (asked by %s); GET /docs lists what is"
                        .formatted(exchange.method(), exchange.path(), agent))));
    return byHost(exchange)
        .or(() -> byHeaders(exchange))
        .or(() -> byToken(exchange))
        .or(() -> bySignature(exchange))
        .map(target -> (Route.Handler) same -> serve(same, target));
  }

  private static Optional<Target> byHost(Exchange exchange) {
    return exchange
        .header("host")
        .map(HOST::matcher)
        .filter(Matcher::matches)
        .map(found -> new Target(found.group(2), port(exchange, found.group(1))));
  }

  private static Optional<Target> byHeaders(Exchange exchange) {
    Optional<String> sandbox = exchange.header("e2b-sandbox-id").map(String::strip);
    Optional<String> port = exchange.header("e2b-sandbox-port").map(String::strip);
    if (sandbox.isPresent() != port.isPresent()) {
      throw new HttpFailure(Reply.text(400, "text/plain; charset=utf-8", "missing header"));
    }
    if (sandbox.isEmpty()) {
      return Optional.empty();
    }
    if (!ID.matcher(sandbox.get()).matches()) {
      exchange.dialect(CODES);
      throw Failures.invalid("Invalid sandbox ID");
    }
    return Optional.of(new Target(sandbox.get(), port(exchange, port.get())));
  }

  private static int port(Exchange exchange, String text) {
    if (text.matches("\\d{1,5}")) {
      int port = Integer.parseInt(text);
      if (port >= 1 && port <= MOST_PORT) {
        return port;
      }
    }
    exchange.dialect(CODES);
    throw Failures.invalid("Invalid port; a port is a number from 1 to " + MOST_PORT);
  }

  private Optional<Target> byToken(Exchange exchange) {
    return exchange
        .header("x-access-token")
        .filter(token -> !token.isEmpty())
        .flatMap(hosting::ofToken)
        .map(id -> new Target(id, E2bFace.ENVD));
  }

  private Optional<Target> bySignature(Exchange exchange) {
    if (!exchange.path().equals("/files")) {
      return Optional.empty();
    }
    return exchange
        .query("signature")
        .map(FileSignature::repaired)
        .flatMap(signature -> signers.of(FileSignature.of(exchange), signature))
        .map(id -> new Target(id, E2bFace.ENVD));
  }

  private void serve(Exchange exchange, Target target) throws InterruptedException {
    exchange.dialect(CODES);
    SandboxPort port = served.getOrDefault(target.port(), others);
    if (served.containsKey(target.port())) {
      exchange.extraHeaders(PAGES);
      if (preflight(exchange)) {
        return;
      }
    }
    try {
      PortCall call = call(target);
      port.admit(exchange, call);
      port.serve(exchange, awake(call));
    } catch (HostingException e) {
      LOG.debug("request {}: {}", exchange.id(), e.getMessage(), e);
      throw new HttpFailure(
          switch (e.reason()) {
            case NOT_FOUND ->
                Gone.reply(exchange, target.sandbox(), hosting.epitaph(target.sandbox()));
            case PAUSED -> Gone.reply(exchange, target.sandbox(), "paused");
            case INVALID,
                ALREADY_PAUSED,
                ALREADY_RUNNING,
                EXISTS,
                IN_USE,
                LIMIT_REACHED,
                UNSUPPORTED,
                UNAVAILABLE ->
                Failures.of(e);
          });
    } catch (SandboxException e) {
      LOG.debug("request {}: {}", exchange.id(), e.getMessage(), e);
      throw new HttpFailure(Failures.of(e));
    }
  }

  private static boolean preflight(Exchange exchange) throws InterruptedException {
    if (!exchange.method().equals("OPTIONS")
        || exchange.header("access-control-request-method").isEmpty()) {
      return false;
    }
    exchange.send(
        Reply.empty(204)
            .with("access-control-allow-methods", "GET, HEAD, POST, PUT, PATCH, DELETE")
            // A star does not cover the header Authorization, the names themselves do.
            .with(
                "access-control-allow-headers",
                exchange.header("access-control-request-headers").orElse("*")));
    return true;
  }

  /** Traffic wakes a sandbox that was made so. E2B wire 3.7. */
  private PortCall awake(PortCall call) throws InterruptedException {
    if (!call.sandbox().paused()) {
      return call;
    }
    HostedSandbox sandbox = call.use(open -> open.info());
    return new PortCall(hosting, call.account(), sandbox, call.port());
  }

  private PortCall call(Target target) {
    return hosting
        .locate(target.sandbox())
        .map(found -> new PortCall(hosting, found.account(), found.sandbox(), target.port()))
        .orElseThrow(() ->
            new HostingException(
                HostingException.Reason.NOT_FOUND,
                "sandbox '%s' was not found".formatted(target.sandbox())));
  }
}
