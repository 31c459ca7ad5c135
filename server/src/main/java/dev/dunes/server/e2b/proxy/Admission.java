package dev.dunes.server.e2b.proxy;

import dev.dunes.server.e2b.Gone;
import dev.dunes.server.e2b.PortCall;
import dev.dunes.server.http.Exchange;
import dev.dunes.server.http.HttpFailure;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Optional;

/**
 * How a request was let in to the ports of a sandbox. E2B wire 2.5: they are open unless the
 * sandbox was made with a token for them; then the token is shown, or a pass that was signed with
 * it.
 *
 * @param cookie to be set, so that what a page loads next is let in, too
 */
public record Admission(Optional<String> cookie) {
  static final String HEADER = "e2b-traffic-access-token";

  /**
   * Refuses who may not use a port.
   *
   * @throws HttpFailure 403 then
   */
  public static void check(Exchange exchange, PortCall call) {
    Admission unused = of(exchange, call);
  }

  static Admission of(Exchange exchange, PortCall call) {
    Optional<String> token = call.sandbox().trafficToken();
    if (token.isEmpty()) {
      return new Admission(Optional.empty());
    }
    Optional<String> shown = exchange.header(HEADER);
    if (shown.isPresent()) {
      if (same(shown.get(), token.get())) {
        return new Admission(Optional.empty());
      }
      throw new HttpFailure(Gone.forbidden(exchange, call.sandbox().id(), "wrong"));
    }
    Optional<PreviewPass> linked = exchange.query(PreviewPass.NAME).flatMap(PreviewPass::parse);
    if (linked.filter(pass -> pass.good(token.get(), call.port())).isPresent()) {
      return new Admission(Optional.of(linked.get().cookie()));
    }
    if (PreviewPass.ofCookie(exchange)
        .filter(pass -> pass.good(token.get(), call.port()))
        .isPresent()) {
      return new Admission(Optional.empty());
    }
    throw new HttpFailure(
        Gone.forbidden(
            exchange,
            call.sandbox().id(),
            linked.isPresent() ? "expired, or its signature is wrong" : "missing"));
  }

  private static boolean same(String one, String other) {
    return MessageDigest.isEqual(
        one.getBytes(StandardCharsets.UTF_8), other.getBytes(StandardCharsets.UTF_8));
  }
}
