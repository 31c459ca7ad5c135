package dev.dunes.cli;

/**
 * What {@code ds --help} says. Made of plain text, so that the option parser need not be loaded for
 * it.
 */
final class Help {
  private Help() {}

  static String of(Console console) {
    Style style = console.style();
    String program = console.program();
    StringBuilder text = new StringBuilder();
    boolean agents = !program.equals("sandboxes");
    boolean prompts = agents && !program.equals("sandbox-agent");
    if (prompts) {
      text.append("Usage: ").append(program).append(" \"PROMPT\" [OPTIONS]\n       ");
    } else {
      text.append("Usage: ");
    }
    text.append(program).append(" COMMAND [OPTIONS]\n\n");
    text.append(
        agents
            ? """
            Runs coding agents and code in sandboxes: on this machine without an account,
            or at a cloud provider.

            """
            : """
            Runs code in sandboxes: on this machine without an account, or at a cloud provider.

            """);
    text.append(style.bold("Commands")).append('\n');
    for (Verbs verb : Verbs.values()) {
      text.append("  %-13s %s%n".formatted(verb.word(), verb.summary()));
    }
    text.append("  %-13s %s%n".formatted("help", "Show help on a command, or on `exit-codes`"));
    text.append('\n').append(style.bold("Options")).append('\n');
    text.append("  --help        Show this help; also for each command\n");
    text.append("  --version     Show the version\n\n");
    text.append(style.bold("Examples")).append('\n');
    if (prompts) {
      text.append("  ").append(program).append(" \"Create hello.py and run it\"\n");
    }
    for (String example :
        new String[] {
          "run 'uname -a'",
          "run --file script.py",
          "run --lang node < script.js",
          "run -p local --memory 256 -t 10 'make test'",
          "shell -n dev",
          "doctor"
        }) {
      text.append("  ").append(program).append(' ').append(example).append('\n');
    }
    return text.toString();
  }
}
