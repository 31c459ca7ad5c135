package dev.dunes.cli;

import dev.dunes.sandbox.Channel;
import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.CommandExit;
import dev.dunes.sandbox.OutputChunk;
import dev.dunes.sandbox.ProviderException;
import dev.dunes.sandbox.RunningCommand;
import dev.dunes.sandbox.Signal;
import dev.dunes.sandbox.TerminalSize;
import dev.dunes.sandbox.spi.OutputQueue;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A {@link Script} on a thread of its own. */
final class FakeCommand implements RunningCommand {
  private final OutputQueue queue = new OutputQueue((channel, bytes) -> {});
  private final PipedOutputStream stdin = new PipedOutputStream();
  private final PipedInputStream itsStdin;
  private final CompletableFuture<CommandExit> exit = new CompletableFuture<>();
  private final Thread thread;

  FakeCommand(Command command, Script script) {
    try {
      itsStdin = new PipedInputStream(stdin, 1 << 16);
      if (!command.stdinOpen()) {
        stdin.close();
      }
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    thread = Thread.ofVirtual().start(() -> run(command, script));
  }

  private void run(Command command, Script script) {
    int code = 137;
    try {
      code = script.run(command, this);
    } catch (ProviderException e) {
      queue.fail(e);
    } catch (IOException | InterruptedException e) {
      // killed
    }
    exit.complete(
        new CommandExit(
            code, OptionalInt.empty(), code == Script.TIMED_OUT, false, Duration.ofMillis(7)));
    queue.end();
  }

  void out(String text) {
    out(text.getBytes(StandardCharsets.UTF_8));
  }

  void out(byte[] bytes) {
    queue.add(Channel.STDOUT, bytes.clone());
  }

  void err(String text) {
    queue.add(Channel.STDERR, text.getBytes(StandardCharsets.UTF_8));
  }

  /** Its own standard input. */
  InputStream input() {
    return itsStdin;
  }

  @Override
  public OptionalLong pid() {
    return OptionalLong.empty();
  }

  @Override
  public OutputStream stdin() {
    return stdin;
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
    return exit.join();
  }

  @Override
  public Optional<CommandExit> waitFor(Duration limit) {
    try {
      return Optional.of(exit.get(limit.toMillis(), TimeUnit.MILLISECONDS));
    } catch (TimeoutException e) {
      return Optional.empty();
    } catch (InterruptedException | ExecutionException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void signal(Signal signal) {}

  @Override
  public void signalTree(Signal signal) {}

  @Override
  public void resize(TerminalSize size) {}

  @Override
  public boolean isRunning() {
    return !exit.isDone();
  }

  @Override
  public void close() {
    thread.interrupt();
  }
}
