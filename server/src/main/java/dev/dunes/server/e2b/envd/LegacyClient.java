package dev.dunes.server.e2b.envd;

import dev.dunes.server.http.Exchange;
import java.util.Map;

/** The first SDKs, which fail on fields they do not know. E2B wire 3.8. */
final class LegacyClient {
  private static final String AGENT = "connect-python";

  private LegacyClient() {}

  static boolean asks(Exchange exchange) {
    return exchange.header("user-agent").filter(AGENT::equals).isPresent();
  }

  /** Says that this was noticed. */
  static Map<String, String> headers(Exchange exchange) {
    return asks(exchange) ? Map.of("x-e2b-legacy-sdk", "true") : Map.of();
  }
}
