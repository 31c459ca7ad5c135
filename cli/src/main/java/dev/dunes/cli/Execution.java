package dev.dunes.cli;

import dev.dunes.sandbox.Channel;
import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.CommandExit;
import dev.dunes.sandbox.ExecResult;
import dev.dunes.sandbox.OutputChunk;
import dev.dunes.sandbox.RunningCommand;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.spi.OutputCollector;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Runs a command in a sandbox and shows what it writes. */
final class Execution {
  private static final int LOW_BITS = 0xFF;

  private final Console console;
  private final Sandbox sandbox;

  Execution(Console console, Sandbox sandbox) {
    this.console = console;
    this.sandbox = sandbox;
  }

  /**
   * Runs it to its end, our standard input being its own when it has one.
   *
   * @param json collect its output and print one JSON object at its end, instead of its output as
   *     it comes
   * @return the exit code for this process
   */
  int run(Command command, boolean json) {
    try (RunningCommand running = sandbox.start(command)) {
      if (command.stdinOpen()) {
        StdinPump.start(console.in(), running.stdin());
      }
      return json ? collect(command, running) : show(running);
    }
  }

  /** Runs it on its terminal, which gets the size of ours whenever that changes. */
  int runResizing(Command command) {
    try (RunningCommand running = sandbox.start(command)) {
      Signals.on("WINCH", () -> RawTerminal.size().ifPresent(running::resize));
      StdinPump.start(console.in(), running.stdin());
      return show(running);
    }
  }

  /** The exit code for this process. */
  static int exitCode(CommandExit exit) {
    return exit.timedOut() ? ExitCodes.TIMED_OUT : exit.exitCode() & LOW_BITS;
  }

  private int show(RunningCommand running) {
    for (Optional<OutputChunk> next = running.take(); next.isPresent(); next = running.take()) {
      OutputChunk chunk = next.get();
      if (chunk.channel() == Channel.STDOUT) {
        console.write(chunk.data());
      } else {
        console.writeError(chunk.data());
      }
    }
    CommandExit exit = running.waitFor();
    explain(exit);
    return exitCode(exit);
  }

  private int collect(Command command, RunningCommand running) {
    ExecResult result = OutputCollector.collect(running, command.outputLimit());
    explain(result.exit());
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("exitCode", exitCode(result.exit()));
    object.put("stdout", result.stdout());
    object.put("stderr", result.stderr());
    object.put("timedOut", result.timedOut());
    object.put("outOfMemory", result.outOfMemory());
    object.put("truncated", result.truncated());
    object.put("durationMs", result.duration().toMillis());
    object.put("sandboxId", sandbox.id());
    object.put("provider", sandbox.provider());
    console.print(Json.document(object));
    return exitCode(result.exit());
  }

  private void explain(CommandExit exit) {
    String how = exit.timedOut() ? "timed out" : "ended with exit code " + exit.exitCode();
    console.explain("the command %s after %d ms".formatted(how, exit.duration().toMillis()));
    if (exit.outOfMemory()) {
      console.explain("the memory limit of the sandbox killed it; --memory sets it");
    }
  }
}
