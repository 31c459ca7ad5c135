package dev.dunes.provider.local;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * Where the parts of one sandbox are. The directory itself belongs to whoever runs Dunes; only the
 * writable places inside belong to the sandbox's user id, so nothing inside can exchange the socket
 * or the record.
 *
 * @param directory of the sandbox
 */
record SandboxPaths(Path directory) {
  /**
   * Lets bubblewrap, which runs as the sandbox's user id, pass through the directory, and nobody
   * else: what a sandbox makes may be set-user-id or open to everyone, and must not be of use to
   * the other users of the machine.
   *
   * @param uid the sandbox's user id, which is its group id, too; −1 when it is this process's own
   */
  void open(int uid) throws IOException {
    if (uid > 0) {
      Files.setAttribute(directory, "unix:gid", uid);
      Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx--x---"));
    }
  }

  /** The guest's socket; outside what the sandbox sees. */
  Path socket() {
    return directory.resolve("guest.sock");
  }

  /** What the launcher, bubblewrap and the guest had to say. */
  Path log() {
    return directory.resolve("launch.log");
  }

  /** bubblewrap's word on the process it made. */
  Path info() {
    return directory.resolve("info.json");
  }

  /** What an OCI runtime is told; of the host's user. */
  Path bundle() {
    return directory.resolve("bundle");
  }

  /** What an OCI runtime notes; of the sandbox's user, and outside what the sandbox sees. */
  Path runtimeState() {
    return directory.resolve("runtime");
  }

  /** An OCI runtime's word on the process it made. */
  Path runtimePid() {
    return runtimeState().resolve("pid");
  }

  /** The identity of its start, as {@code /proc/sys/kernel/random/boot_id} says it. */
  Path bootId() {
    return directory.resolve("boot_id");
  }

  /** Exists while the sandbox is paused: cheaper to ask than the record. */
  Path pausedMark() {
    return directory.resolve("paused");
  }

  /** What the sandbox has written. */
  Path upper() {
    return directory.resolve("upper");
  }

  /** Working directories of overlays, on the same file system as {@link #upper()}. */
  Path work() {
    return directory.resolve("work");
  }

  /**
   * Where overlays and file systems of the sandbox's own are mounted, in its mount namespace only.
   */
  Path mounts() {
    return directory.resolve("mnt");
  }

  /** The file system that keeps a disk limit. */
  Path disk() {
    return directory.resolve("disk.img");
  }
}
