package dev.dunes.sandbox;

import dev.dunes.sandbox.spi.OutputQueue;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** A command that has written what it is given and ended. */
final class FakeCommand implements RunningCommand {
  private final OutputQueue queue = new OutputQueue((channel, bytes) -> {});
  private final CommandExit exit;
  boolean closed;

  FakeCommand(int exitCode, OutputChunk... chunks) {
    this.exit = new CommandExit(exitCode, OptionalInt.empty(), false, false, Duration.ofMillis(1));
    for (OutputChunk chunk : chunks) {
      queue.add(chunk.channel(), chunk.data());
    }
    queue.end();
  }

  @Override
  public OptionalLong pid() {
    return OptionalLong.empty();
  }

  @Override
  public OutputStream stdin() {
    return OutputStream.nullOutputStream();
  }

  @Override
  public InputStream stdout() {
    return queue.stream(Channel.STDOUT);
  }

  @Override
  public InputStream stderr() {
    return queue.stream(Channel.STDERR);
  }

  @Override
  public Optional<OutputChunk> take() {
    return queue.take();
  }

  @Override
  public CommandExit waitFor() {
    return exit;
  }

  @Override
  public Optional<CommandExit> waitFor(Duration limit) {
    return Optional.of(exit);
  }

  @Override
  public void signal(Signal signal) {}

  @Override
  public void signalTree(Signal signal) {}

  @Override
  public void resize(TerminalSize size) {}

  @Override
  public boolean isRunning() {
    return false;
  }

  @Override
  public void close() {
    closed = true;
  }
}
