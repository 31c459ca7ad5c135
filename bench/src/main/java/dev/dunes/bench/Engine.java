package dev.dunes.bench;

import java.io.IOException;
import java.util.Collection;

/** Something that runs a program apart from everything else: Dunes, or what it is compared with. */
interface Engine {
  /** As the tables call it. */
  String name();

  /** One line on what exactly is run. */
  String description();

  /** Slow ones have only every so many-th of the rounds, apart from the others. */
  default int stride() {
    return 1;
  }

  /**
   * Makes a new place and runs {@code /bin/true} in it to its end. What it leaves is for the caller
   * to remove.
   */
  Remains runTrue() throws IOException, InterruptedException;

  /** Whether {@link #open} works here. */
  default boolean opens() {
    return true;
  }

  /** Makes a new place that stays; when this returns, a program is running in it. */
  Live open() throws IOException, InterruptedException;

  /** What a run leaves: directories, cgroups, or a sandbox. */
  interface Remains {
    void remove() throws IOException, InterruptedException;
  }

  /** A place that stays until it is removed. */
  interface Live extends Remains {
    /** Runs {@code /bin/true} in it to its end. */
    void exec() throws IOException, InterruptedException;

    /** Every process that exists on the host because this place does. */
    Collection<Long> processes(ProcessTable table) throws IOException, InterruptedException;
  }
}
