package dev.dunes.cli;

import dev.dunes.sandbox.Command;
import java.io.IOException;

/** What a command does in a {@link FakeSandbox}. */
@FunctionalInterface
interface Script {
  /** Does nothing, successfully. */
  Script NOTHING = (command, io) -> 0;

  /** Writes this. */
  static Script printing(String text) {
    return (command, io) -> {
      io.out(text);
      return 0;
    };
  }

  /** Does it and returns the exit code; {@link #TIMED_OUT} for one that was killed for its time. */
  int run(Command command, FakeCommand io) throws IOException, InterruptedException;

  int TIMED_OUT = -1;
}
