package dev.dunes.hosting;

import java.time.Duration;

/**
 * How long sandboxes of a template took to be there, measured.
 *
 * @param count how many were made since the server started; the rest is about the last 1,000
 * @param p50 half took no longer
 * @param p95 95 of 100 took no longer
 * @param p99 99 of 100 took no longer
 * @param max the longest
 */
public record BootStats(long count, Duration p50, Duration p95, Duration p99, Duration max) {}
