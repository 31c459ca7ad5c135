package dev.dunes.agent.install;

import dev.dunes.agent.AgentException;
import java.io.IOException;

/** Tells a full disk from other failures. */
final class DiskFull {
  private DiskFull() {}

  static boolean is(IOException e) {
    String message = String.valueOf(e.getMessage());
    return message.contains("No space left on device") || message.contains("Disk quota exceeded");
  }

  static AgentException failure(String what, IOException e) {
    return InstallFailure.of(
        "the disk is full: %s cannot be installed".formatted(what),
        "free 1 GB, or let DUNES_AGENTS name a directory on another disk; nothing was installed",
        e);
  }
}
