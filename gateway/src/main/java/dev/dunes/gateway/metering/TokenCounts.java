package dev.dunes.gateway.metering;

import dev.dunes.gateway.ModelUsage;

/**
 * The tokens of one request; each token is in one of the counts.
 *
 * @param input neither read from a cache nor written to one
 * @param cacheRead read from a cache
 * @param cacheWrite written to a cache that lives five minutes
 * @param cacheWriteHour written to a cache that lives an hour
 * @param output made by the model, its thoughts included
 */
public record TokenCounts(
    long input, long cacheRead, long cacheWrite, long cacheWriteHour, long output) {
  /** Nothing. */
  public static final TokenCounts NONE = new TokenCounts(0, 0, 0, 0, 0);

  /** All that went in. */
  public long allInput() {
    return input + cacheRead + cacheWrite + cacheWriteHour;
  }

  /** As the public API counts them. */
  public ModelUsage usage(long requests, double costUsd) {
    return new ModelUsage(requests, input, cacheRead, cacheWrite + cacheWriteHour, output, costUsd);
  }
}
