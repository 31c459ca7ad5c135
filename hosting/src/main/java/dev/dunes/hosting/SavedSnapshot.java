package dev.dunes.hosting;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The saved files of a sandbox, from which others are made under its name.
 *
 * @param id what it is asked for by, {@code name:tag}
 * @param account whose it is
 * @param names other names; empty when it was given none
 * @param provider who holds the files
 * @param providerId what they are called there
 * @param sandbox of which they are
 * @param template of that sandbox
 * @param cpuCores of sandboxes made from it
 * @param memoryMb of sandboxes made from it, MiB
 * @param diskMb of sandboxes made from it, MiB
 * @param createdAt when it was taken
 * @param workingDir where commands of that sandbox run unless they say otherwise
 * @param envs variables its programs had; snapshots of earlier servers do not say
 */
public record SavedSnapshot(
    String id,
    String account,
    List<String> names,
    String provider,
    String providerId,
    String sandbox,
    String template,
    double cpuCores,
    int memoryMb,
    int diskMb,
    Instant createdAt,
    Optional<String> workingDir,
    Optional<Map<String, String>> envs) {
  private static final Duration USUAL = Duration.ofSeconds(300);

  public SavedSnapshot {
    names = List.copyOf(names);
  }

  /** As what sandboxes are made from. */
  Template asTemplate() {
    return new Template(
        id,
        names,
        "saved from " + sandbox,
        cpuCores,
        memoryMb,
        diskMb,
        USUAL,
        Optional.of("snapshot:" + providerId),
        List.of(),
        List.of(),
        List.of(),
        new TemplateBuild.Launch(
            envs.orElse(Map.of()),
            workingDir,
            Optional.empty(), // the saved files know it
            Optional.empty(),
            Optional.empty()));
  }
}
