package dev.dunes.hosting;

import java.time.Instant;

/**
 * What a sandbox used at one moment.
 *
 * @param at when
 * @param cpuPercent of its cores, since the sample before; of the first one since it was made
 * @param memoryBytes in use
 * @param memoryLimitBytes what it may use
 * @param diskUsedBytes what its writable files take
 * @param diskLimitBytes what they may take
 */
public record MetricsSample(
    Instant at,
    double cpuPercent,
    long memoryBytes,
    long memoryLimitBytes,
    long diskUsedBytes,
    long diskLimitBytes) {}
