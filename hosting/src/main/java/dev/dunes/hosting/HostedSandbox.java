package dev.dunes.hosting;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A sandbox as it is at one moment.
 *
 * @param id 21 lower-case letters and digits
 * @param account whose it is
 * @param template the name it was asked for by
 * @param alias the template's other name
 * @param pausedWith how it is paused; empty while it runs
 * @param wakes whether the next request ends the pause
 * @param startedAt when it was made
 * @param endAt when its time is over; for a paused one, when it was paused
 * @param remaining what is left of its time
 * @param cpuCores its limit
 * @param memoryMb its limit, MiB
 * @param diskMb its limit, MiB
 * @param metadata what the client said about it
 * @param pauseAtEnd whether it is paused when its time is over
 * @param autoResume whether every pause is ended by the next request
 * @param accessToken for direct access, when it was made secure
 * @param provider where it is
 * @param offline whether it reaches no more than its rules say, if it has any
 * @param egress what it may reach; empty for the provider's default
 * @param trafficToken without which its ports cannot be reached, if there is one
 * @param maskHost what programs in it see as the name of the host
 * @param httpsPorts where programs in it speak TLS
 * @param volumes those it has
 * @param workingDir where its commands run unless they say otherwise; else at home
 */
public record HostedSandbox(
    String id,
    String account,
    String template,
    Optional<String> alias,
    Optional<PauseKind> pausedWith,
    boolean wakes,
    Instant startedAt,
    Instant endAt,
    Duration remaining,
    double cpuCores,
    int memoryMb,
    int diskMb,
    Map<String, String> metadata,
    boolean pauseAtEnd,
    boolean autoResume,
    Optional<String> accessToken,
    String provider,
    boolean offline,
    Optional<EgressRules> egress,
    Optional<String> trafficToken,
    Optional<String> maskHost,
    List<Integer> httpsPorts,
    List<MountedVolume> volumes,
    Optional<String> workingDir) {
  /** What a pause keeps. */
  public enum PauseKind {
    /** Processes and files. */
    MEMORY,
    /** Files; processes are gone. */
    DISK
  }

  public boolean paused() {
    return pausedWith.isPresent();
  }

  /** Tokens are for answers only, never for logs. */
  @Override
  public String toString() {
    return "HostedSandbox[%s, %s, %s]".formatted(id, template, paused() ? "paused" : "running");
  }
}
