package dev.dunes.provider.docker;

import dev.dunes.guest.SandboxDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/** What a sandbox has in its directory on this machine, which nobody but its owner can enter. */
record SandboxPlace(Path root) {
  static SandboxPlace of(SandboxDirectory directory) {
    return new SandboxPlace(directory.path());
  }

  /** What the container sees of it: the guest makes its socket here. */
  Path run() {
    return root.resolve("run");
  }

  Path socket() {
    return run().resolve("guest.sock");
  }

  /** Sockets of this program that lead to those of the host. */
  Path relays() {
    return root.resolve("relay");
  }

  /** While it is there the sandbox is paused. */
  Path pausedMark() {
    return root.resolve("paused");
  }

  /** The guest may be any user of the container. */
  void open() throws IOException {
    Files.createDirectory(run());
    Files.setPosixFilePermissions(run(), PosixFilePermissions.fromString("rwxrwxrwx"));
  }

  /** The guest has its socket: nothing more is to be made there by users without special rights. */
  void seal() throws IOException {
    Files.setPosixFilePermissions(run(), PosixFilePermissions.fromString("r-xr-xr-x"));
  }

  /** For whoever removes the directory without being root. */
  void unseal() throws IOException {
    if (Files.isDirectory(run())) {
      Files.setPosixFilePermissions(run(), PosixFilePermissions.fromString("rwx------"));
    }
  }
}
