package dev.dunes.sandbox;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.OptionalLong;

/**
 * What a sandbox uses.
 *
 * @param cpuTime processor time since it was made
 * @param memoryBytes memory in use
 * @param memoryLimitBytes the limit on it
 * @param processes processes alive in it, the guest not counted
 * @param diskUsedBytes bytes its writable files take
 * @param diskLimitBytes the limit on them
 * @param uptime since it was made
 */
public record SandboxMetrics(
    Duration cpuTime,
    long memoryBytes,
    OptionalLong memoryLimitBytes,
    int processes,
    long diskUsedBytes,
    OptionalLong diskLimitBytes,
    Duration uptime) {
  public SandboxMetrics {
    requireNonNull(cpuTime, "cpuTime");
    requireNonNull(memoryLimitBytes, "memoryLimitBytes");
    requireNonNull(diskLimitBytes, "diskLimitBytes");
    requireNonNull(uptime, "uptime");
  }
}
