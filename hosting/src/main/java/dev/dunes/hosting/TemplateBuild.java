package dev.dunes.hosting;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * One time that a template was built. E2B wire 2.4.
 *
 * @param id of the build, a UUID
 * @param status how far it is
 * @param createdAt when it was asked for
 * @param updatedAt when its status changed
 * @param finishedAt when it ended
 * @param saved what it made; empty until it is ready, and again once it is replaced
 * @param reason why it has failed
 */
public record TemplateBuild(
    String id,
    Status status,
    Instant createdAt,
    Instant updatedAt,
    Optional<Instant> finishedAt,
    Optional<Saved> saved,
    Optional<Reason> reason) {
  /** How far a build is. */
  public enum Status {
    WAITING,
    BUILDING,
    READY,
    ERROR;

    /** Whether nothing more happens. */
    public boolean last() {
      return this == READY || this == ERROR;
    }
  }

  /**
   * What a build made.
   *
   * @param provider who holds the files
   * @param snapshot what they are called there
   * @param launch what sandboxes of it begin with
   * @param diskMb what the files may take, with what their sandboxes write, MiB
   */
  public record Saved(String provider, String snapshot, Launch launch, int diskMb) {}

  /**
   * What sandboxes of a template begin with.
   *
   * @param envs variables of every process
   * @param workingDir where commands run unless they say otherwise
   * @param user whom everything runs as, where the provider lets it be chosen; else its own
   * @param startCmd a line of shell that is started in every new sandbox
   * @param readyCmd a line of shell that succeeds when a new sandbox can be used
   */
  public record Launch(
      Map<String, String> envs,
      Optional<String> workingDir,
      Optional<String> user,
      Optional<String> startCmd,
      Optional<String> readyCmd) {
    /** Nothing of its own. */
    public static final Launch NONE =
        new Launch(
            Map.of(), Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());

    public Launch {
      envs = Map.copyOf(envs);
    }
  }

  /**
   * Why a build has failed.
   *
   * @param message for people
   * @param step {@code base}, {@code finalize}, or the number of the step, from 1 on
   */
  public record Reason(String message, String step) {}
}
