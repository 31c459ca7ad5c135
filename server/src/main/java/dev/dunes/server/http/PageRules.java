package dev.dunes.server.http;

import java.util.Map;
import java.util.Optional;

/** Which web pages may use the server, and how they are told. */
interface PageRules {
  /** Whether a request of a page must be refused: else any page could spend the keys. */
  boolean refuses(Exchange exchange);

  /** What an answer needs besides. */
  Map<String, String> headers(Exchange exchange);

  /** The answer to a question whether a request may be made; empty when this is none. */
  Optional<Reply> preflight(Exchange exchange);
}
