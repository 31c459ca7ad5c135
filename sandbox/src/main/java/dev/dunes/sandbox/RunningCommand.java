package dev.dunes.sandbox;

import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A command that was started and may still run.
 *
 * <p>Its output must be read, by {@link #take()} or by {@link #stdout()} and {@link #stderr()}: a
 * command whose output nobody reads stops when about 256 KiB of a channel wait, as with any pipe.
 * Nothing is dropped.
 */
public interface RunningCommand extends AutoCloseable {
  /** Its process id inside the sandbox, where the provider knows it. */
  OptionalLong pid();

  /**
   * Its standard input. Closing it is end of file. Writes block while the command does not read;
   * once the command has ended they throw an {@link java.io.IOException}. When the command was
   * built without an open standard input, every write fails.
   */
  OutputStream stdin();

  /** What it writes to standard output, as it comes; end of stream when it has ended. */
  InputStream stdout();

  /** What it writes to standard error, as it comes; end of stream when it has ended. */
  InputStream stderr();

  /**
   * The next bytes of either channel in the order they arrived; blocks; empty when all output has
   * been taken.
   */
  Optional<OutputChunk> take();

  /** Waits until it has ended. Does not read its output (see above). */
  CommandExit waitFor();

  /** Waits at most so long; empty when it still runs. */
  Optional<CommandExit> waitFor(Duration limit);

  /** Sends a signal to the command's own process. No effect once it has ended. */
  void signal(Signal signal);

  /** Sends a signal to the command and every descendant. No effect once it has ended. */
  void signalTree(Signal signal);

  /** Tells its terminal a new size. No effect without a terminal. */
  void resize(TerminalSize size);

  /** Whether it has not ended yet, as far as is known here. */
  boolean isRunning();

  /**
   * Kills it with all its descendants if it still runs and releases what belongs to it. Safe to
   * repeat.
   */
  @Override
  void close();
}
