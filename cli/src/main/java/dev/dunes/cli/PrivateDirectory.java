package dev.dunes.cli;

import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxException;

/** A fresh directory in a sandbox for the code of one run. */
final class PrivateDirectory implements AutoCloseable {
  private final Console console;
  private final Sandbox sandbox;
  private final String path;

  private PrivateDirectory(Console console, Sandbox sandbox, String path) {
    this.console = console;
    this.sandbox = sandbox;
    this.path = path;
  }

  static PrivateDirectory make(Console console, Sandbox sandbox) {
    // Not guessable is not needed, only new: a name that is taken is passed over.
    long seed = System.nanoTime() ^ ProcessHandle.current().pid() << 32;
    String path;
    do {
      path = "/tmp/ds-" + Long.toHexString(seed++);
    } while (!sandbox.files().mkdir(path));
    return new PrivateDirectory(console, sandbox, path);
  }

  String path() {
    return path;
  }

  /** Removes it: the sandbox may live on. */
  @Override
  public void close() {
    if (console.interruption().happened()) {
      return;
    }
    try {
      sandbox.files().removeTree(path);
    } catch (SandboxException e) {
      console.explain("%s was not removed: %s".formatted(path, e.getMessage()));
    }
  }
}
