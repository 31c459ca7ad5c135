package dev.dunes.server.e2b.envd;

import dev.dunes.server.http.Exchange;

/** The first SDKs, which fail on fields they do not know. E2B wire 3.8. */
final class LegacyClient {
  private static final String AGENT = "connect-python";

  private LegacyClient() {}

  static boolean asks(Exchange exchange) {
    return exchange.header("user-agent").filter(AGENT::equals).isPresent();
  }
}
