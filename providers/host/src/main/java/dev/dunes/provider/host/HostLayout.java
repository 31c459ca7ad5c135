package dev.dunes.provider.host;

import dev.dunes.guest.SandboxDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What is where in a sandbox's directory. */
record HostLayout(Path root) {
  static HostLayout of(SandboxDirectory directory) {
    return new HostLayout(directory.path());
  }

  /** Where commands run unless told otherwise. */
  Path workspace() {
    return root.resolve("workspace");
  }

  /** Their HOME. */
  Path home() {
    return root.resolve("home");
  }

  /** Their TMPDIR. */
  Path temporary() {
    return root.resolve("tmp");
  }

  Path socket() {
    return root.resolve("guest.sock");
  }

  /** What the guest has to say about itself. */
  Path log() {
    return root.resolve("guest.log");
  }

  void create() throws IOException {
    Files.createDirectories(workspace());
    Files.createDirectories(home());
    Files.createDirectories(temporary());
  }
}
