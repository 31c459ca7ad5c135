package dev.dunes.gateway.metering;

/**
 * What a million tokens cost, in US dollars.
 *
 * @param input of fresh input
 * @param output of what the model makes
 * @param cacheRead of input from a cache
 * @param cacheWrite of input kept for five minutes
 * @param cacheWriteHour of input kept for an hour
 */
record Price(
    double input, double output, double cacheRead, double cacheWrite, double cacheWriteHour) {
  private static final double MILLION = 1e6;

  double usd(TokenCounts tokens) {
    return (tokens.input() * input
            + tokens.output() * output
            + tokens.cacheRead() * cacheRead
            + tokens.cacheWrite() * cacheWrite
            + tokens.cacheWriteHour() * cacheWriteHour)
        / MILLION;
  }
}
