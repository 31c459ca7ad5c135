package dev.dunes.hosting;

import dev.dunes.sandbox.NetworkMode;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What of a sandbox never changes; kept on disk.
 *
 * @param asked how the request is named that may come again; see {@link AnswerBook#name}
 */
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
    Optional<String> workingDir,
    Optional<String> user,
    Optional<NetworkMode> network,
    Optional<String> trafficToken,
    Optional<String> maskHost,
    Optional<List<Integer>> httpsPorts,
    Optional<List<MountedVolume>> volumes,
    Optional<String> asked) {
  /** Those it has; orders of earlier servers do not say. */
  List<MountedVolume> mounted() {
    return volumes.orElse(List.of());
  }

  /** The same for whoever the provider takes without being told. */
  SandboxOrder ofNoUser() {
    return new SandboxOrder(
        id,
        account,
        template,
        alias,
        metadata,
        envs,
        timeout,
        pauseAtEnd,
        pauseMemory,
        autoResume,
        idle,
        accessToken,
        cpuCores,
        memoryMb,
        diskMb,
        startedAt,
        workingDir,
        Optional.empty(),
        network,
        trafficToken,
        maskHost,
        httpsPorts,
        volumes,
        asked);
  }

  /** Another one of the same kind. */
  SandboxOrder copy(Duration lifetime) {
    return new SandboxOrder(
        Tokens.id("i"),
        account,
        template,
        alias,
        metadata,
        envs,
        lifetime,
        pauseAtEnd,
        pauseMemory,
        autoResume,
        idle,
        accessToken.map(token -> Tokens.hex(20)),
        cpuCores,
        memoryMb,
        diskMb,
        Instant.now().truncatedTo(ChronoUnit.MILLIS),
        workingDir,
        user,
        network,
        trafficToken.map(token -> Tokens.hex(20)),
        maskHost,
        httpsPorts,
        volumes,
        Optional.empty());
  }
}
