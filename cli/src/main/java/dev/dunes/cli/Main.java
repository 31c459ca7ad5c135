package dev.dunes.cli;

/** The entry point of {@code ds}. */
public final class Main {
  private Main() {}

  /** Runs one command and ends the process with its exit code. */
  public static void main(String[] arguments) {
    System.exit(run(arguments));
  }

  /** Runs one command and returns its exit code. */
  static int run(String[] arguments) {
    String program = System.getProperty("dunes.program", "ds");
    if (arguments.length == 1 && arguments[0].equals("--version")) {
      System.out.println(program + ", version 0.1.0");
      return 0;
    }
    System.out.println("Usage: " + program + " [--version] [--help]");
    return 0;
  }
}
