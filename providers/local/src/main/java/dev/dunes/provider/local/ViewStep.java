package dev.dunes.provider.local;

import java.nio.file.Path;

/** One step in making what a sandbox sees; each is made over those before it. */
sealed interface ViewStep {
  /**
   * A file or directory of the host, without set-user-id programs and devices.
   *
   * @param source may be there for the runtime only, by a mount the launcher makes
   * @param directory whether it is one
   */
  record Bind(Path source, String target, boolean directory, boolean writable)
      implements ViewStep {}

  record Link(String leadsTo, String path) implements ViewStep {}

  record Directory(String path) implements ViewStep {}

  /**
   * A file system in memory; its mode is {@code 1777} when everyone may write, else {@code 755}.
   */
  record Memory(String path, long bytes, boolean everyone) implements ViewStep {}

  /** The processes of the sandbox's own namespace at {@code /proc}. */
  record Processes() implements ViewStep {}

  /** The few devices everyone may use, at {@code /dev}. */
  record Devices() implements ViewStep {}

  /** A file or directory of {@code /proc} that must look empty. */
  record Hidden(String path, boolean directory) implements ViewStep {}

  /**
   * The identity of this start of the sandbox, where programs look for that of the machine's: it
   * tells them whether they go on or have been started anew, and hides the host's. OCI runtimes
   * refuse mounts in {@code /proc}; there it stays as it is.
   */
  record BootId(Path source) implements ViewStep {}

  /** Nothing can be made at this mount point any more; what is mounted below stays as it is. */
  record Sealed(String path) implements ViewStep {}
}
