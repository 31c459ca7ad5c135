package dev.dunes.cli;

import dev.dunes.sandbox.SandboxInterruptedException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Function;

/** Asks an agent and shows what it does, to the end or to Ctrl-C. */
final class Asking {
  private final Console console;
  private final Optional<Path> output;
  private final Path shownFrom;
  private final boolean raw;

  /**
   * @param output where files that the run makes are saved
   * @param raw whether events are passed on as they are
   */
  Asking(Console console, Optional<Path> output, boolean raw) {
    this(console, output, console.directory(), raw);
  }

  /**
   * @param shownFrom what the paths of files are shown relative to
   */
  Asking(Console console, Optional<Path> output, Path shownFrom, boolean raw) {
    this.console = console;
    this.output = output;
    this.shownFrom = shownFrom;
    this.raw = raw;
  }

  /**
   * Asks; how it ended.
   *
   * @param starter starts the run, given the line that says what is waited for
   */
  RunTally ask(Function<Waiting, RunEvents> starter) {
    try (Waiting waiting = raw ? Waiting.hidden(console) : Waiting.on(console);
        Interruption.Guard _ = console.interruption().guard(waiting::close)) {
      waiting.forWhat("opening a sandbox");
      try (RunEvents run = console.interruption().making(() -> starter.apply(waiting));
          Interruption.Guard _ = console.interruption().guard(run::cancel)) {
        return listen(run, waiting);
      }
    } catch (SandboxInterruptedException e) {
      throw new Failure(ExitCodes.INTERRUPTED, "Interrupted.", "");
    }
  }

  private RunTally listen(RunEvents run, Waiting waiting) {
    console.explain("run " + run.id());
    RunView view =
        new RunView(console, waiting, output.map(path -> new FileTaker(path, shownFrom, run)), raw);
    for (Optional<byte[]> next = run.next(); next.isPresent(); next = run.next()) {
      view.show(next.get());
    }
    if (view.exitCode().isEmpty()) {
      throw new Failure(
          ExitCodes.ERROR, "the events of run %s just stopped".formatted(run.id()), "");
    }
    return view.tally();
  }
}
