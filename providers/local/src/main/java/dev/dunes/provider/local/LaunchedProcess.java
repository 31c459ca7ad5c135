package dev.dunes.provider.local;

import java.io.IOException;

/** A launcher on its way to become the runtime. */
interface LaunchedProcess {
  /** Waits until it has one. */
  long pid() throws IOException;

  /** Waits until the guest's socket can be connected to; false when it has ended before. */
  boolean listening() throws IOException, InterruptedException;

  boolean isAlive();

  /** Sends SIGKILL if it still runs. */
  void kill();
}
