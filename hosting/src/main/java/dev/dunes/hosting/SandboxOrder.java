package dev.dunes.hosting;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/** What of a sandbox never changes; kept on disk. */
record SandboxOrder(
    String id,
    String account,
    String template,
    Optional<String> alias,
    Map<String, String> metadata,
    Map<String, String> envs,
    Duration timeout,
    boolean pauseAtEnd,
    boolean pauseMemory,
    boolean autoResume,
    Duration idle,
    Optional<String> accessToken,
    double cpuCores,
    int memoryMb,
    int diskMb,
    Instant startedAt,
    Optional<String> workingDir) {}
