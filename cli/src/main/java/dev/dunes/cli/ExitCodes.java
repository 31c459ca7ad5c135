package dev.dunes.cli;

/** The exit codes of {@code ds} itself. Any other one is the command's own. */
final class ExitCodes {
  static final int OK = 0;
  static final int ERROR = 1;
  static final int USAGE = 2;
  static final int TIMED_OUT = 124;
  static final int INTERRUPTED = 130;
  static final int OUTPUT_CLOSED = 141;

  static final String HELP =
      """
      Exit codes

        run, exec and shell end with the exit code of the command; the others with 0.

          0   it worked
          1   a run of an agent that was not completed, unknown provider, a provider that cannot be used, any error of a provider,
              no such sandbox, or no command was given
          2   the command line makes no sense: unknown option, missing or malformed value,
              a file that does not exist, a limit that cannot be
        124   the command took longer than --timeout allows
        126   the command cannot be executed          (said by the shell in the sandbox)
        127   the command was not found               (said by the shell in the sandbox)
        128+n the command was killed by signal n: 137 is SIGKILL, which is also what
              the memory limit sends
        130   interrupted with Ctrl-C; 143 after SIGTERM, 129 after SIGHUP
        141   whoever read the output stopped reading, as `| head` does
      """;

  private ExitCodes() {}
}
