package dev.dunes.gateway;

import io.vertx.core.MultiMap;

/**
 * A request of a sandbox, free of everything that shows who sent it.
 *
 * @param query without the question mark, or empty
 * @param headers that may be passed on
 * @param body whole when the provider's wire wants it, else empty
 */
record Incoming(Route route, String query, MultiMap headers, byte[] body) {}
