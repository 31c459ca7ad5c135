package dev.dunes.sandbox;

import static java.util.Objects.requireNonNull;

import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Optional;

/**
 * A command's output as it comes, then its exit. Iterate once; closing early stops the command.
 *
 * {@snippet :
 * try (ExecStream stream = sandbox.stream(Command.shell("make test"))) {
 *   for (OutputChunk chunk : stream) {
 *     System.out.write(chunk.data());
 *   }
 *   System.out.println("exit " + stream.result().exitCode());
 * }
 * }
 */
public final class ExecStream implements Iterable<OutputChunk>, AutoCloseable {
  private final RunningCommand command;
  private boolean taken;

  ExecStream(RunningCommand command) {
    this.command = requireNonNull(command, "command");
  }

  /** The chunks in the order they arrived; may be asked for once. */
  @Override
  public Iterator<OutputChunk> iterator() {
    if (taken) {
      throw new IllegalStateException("a stream of output can be iterated once");
    }
    taken = true;
    return new Chunks();
  }

  /**
   * The chunks as text in the order they arrived; characters cut between chunks are put together
   * again.
   */
  public Iterable<String> text() {
    Iterator<OutputChunk> chunks = iterator();
    return () -> new TextChunks(chunks);
  }

  /** How the command ended; waits for it. */
  public CommandExit result() {
    return command.waitFor();
  }

  /** Stops the command if it still runs. */
  @Override
  public void close() {
    command.close();
  }

  private final class Chunks implements Iterator<OutputChunk> {
    private Optional<OutputChunk> next = Optional.empty();
    private boolean ended;

    @Override
    public boolean hasNext() {
      if (next.isEmpty() && !ended) {
        next = command.take();
        ended = next.isEmpty();
      }
      return next.isPresent();
    }

    @Override
    public OutputChunk next() {
      if (!hasNext()) {
        throw new NoSuchElementException("the command has ended");
      }
      OutputChunk chunk = next.orElseThrow();
      next = Optional.empty();
      return chunk;
    }
  }
}
