package dev.dunes.cli;

/** The entry point of {@code ds}. */
public final class Main {
  private Main() {}

  /** Runs one command. */
  public static void main(String[] arguments) {
    String program = System.getProperty("dunes.program", "ds");
    if (arguments.length == 1 && arguments[0].equals("--version")) {
      System.out.println(program + ", version 0.1.0");
      return;
    }
    System.out.println("Usage: " + program + " [--version] [--help]");
  }
}
