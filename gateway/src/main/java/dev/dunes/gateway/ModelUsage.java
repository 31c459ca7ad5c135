package dev.dunes.gateway;

/**
 * What has been asked of models.
 *
 * @param requests that reached a model
 * @param inputTokens without those read from a cache
 * @param cacheReadTokens read from a cache
 * @param cacheWriteTokens written to a cache
 * @param outputTokens that were made
 * @param costUsd by the price table, in US dollars
 */
public record ModelUsage(
    long requests,
    long inputTokens,
    long cacheReadTokens,
    long cacheWriteTokens,
    long outputTokens,
    double costUsd) {
  /** Nothing yet. */
  public static final ModelUsage NONE = new ModelUsage(0, 0, 0, 0, 0, 0);

  /** Both together. */
  ModelUsage plus(ModelUsage other) {
    return new ModelUsage(
        requests + other.requests,
        inputTokens + other.inputTokens,
        cacheReadTokens + other.cacheReadTokens,
        cacheWriteTokens + other.cacheWriteTokens,
        outputTokens + other.outputTokens,
        costUsd + other.costUsd);
  }

  /** Without the other, which is part of this. */
  ModelUsage minus(ModelUsage other) {
    return new ModelUsage(
        requests - other.requests,
        inputTokens - other.inputTokens,
        cacheReadTokens - other.cacheReadTokens,
        cacheWriteTokens - other.cacheWriteTokens,
        outputTokens - other.outputTokens,
        costUsd - other.costUsd);
  }
}
