package dev.dunes.server.e2b.envd;

import dev.dunes.sandbox.SandboxException;
import java.io.IOException;
import java.io.UncheckedIOException;

/** What a stream of a sandbox's file fails with. */
final class FileFailures {
  private FileFailures() {}

  /** What the sandbox has said, if it was the sandbox. */
  static RuntimeException cause(IOException e) {
    return e.getCause() instanceof SandboxException known ? known : new UncheckedIOException(e);
  }
}
