package dev.dunes.sandbox;

import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;

/** A running command that is another one, but for what a subclass changes. */
abstract class ForwardingCommand implements RunningCommand {
  private final RunningCommand command;

  ForwardingCommand(RunningCommand command) {
    this.command = command;
  }

  @Override
  public OptionalLong pid() {
    return command.pid();
  }

  @Override
  public OutputStream stdin() {
    return command.stdin();
  }

  @Override
  public InputStream stdout() {
    return command.stdout();
  }

  @Override
  public InputStream stderr() {
    return command.stderr();
  }

  @Override
  public Optional<OutputChunk> take() {
    return command.take();
  }

  @Override
  public CommandExit waitFor() {
    return command.waitFor();
  }

  @Override
  public Optional<CommandExit> waitFor(Duration limit) {
    return command.waitFor(limit);
  }

  @Override
  public void signal(Signal signal) {
    command.signal(signal);
  }

  @Override
  public void signalTree(Signal signal) {
    command.signalTree(signal);
  }

  @Override
  public void resize(TerminalSize size) {
    command.resize(size);
  }

  @Override
  public boolean isRunning() {
    return command.isRunning();
  }

  @Override
  public void close() {
    command.close();
  }
}
