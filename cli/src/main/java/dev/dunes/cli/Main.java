package dev.dunes.cli;

import java.util.concurrent.CountDownLatch;

/** The entry point of {@code ds}. */
public final class Main {
  static final String VERSION = "0.1.0";

  private Main() {}

  /** Runs one command and ends the process with its exit code. */
  public static void main(String[] arguments) {
    // Answered before anything else is loaded.
    if (arguments.length == 1 && arguments[0].equals("--version")) {
      System.out.print(version(program()));
      return;
    }
    CountDownLatch done = new CountDownLatch(1);
    Interruption interruption = Interruption.ofThisProcess(Thread.currentThread(), done);
    int code;
    try {
      code =
          new Cli(Console.ofThisProcess(program(), interruption)).run(RawArguments.of(arguments));
    } finally {
      done.countDown();
    }
    if (interruption.happened()) {
      System.exit(code); // waits for the clean-up; the exit code is the signal's
    }
    ProcessEnd.exit(code);
  }

  /** Runs one command in this process and returns its exit code. */
  static int run(String[] arguments) {
    return new Cli(Console.ofThisProcess(program(), Interruption.none()))
        .run(RawArguments.of(arguments));
  }

  /** The line that says the version, as each program of these names writes it. */
  static String version(String program) {
    String name = program.equals("duvo-sandstorm") ? "sandstorm" : program;
    return name + ", version " + VERSION + "\n";
  }

  private static String program() {
    return System.getProperty("dunes.program", "ds");
  }
}
