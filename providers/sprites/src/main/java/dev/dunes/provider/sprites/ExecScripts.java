package dev.dunes.provider.sprites;

/**
 * How a command gets into a sandbox. In an address it would be in logs on the way, its variables,
 * too, and addresses have limits. So the address names a shell, which reads the command from its
 * input, says by a line with a mark that it begins, and becomes the command. Until it has read all
 * of it nothing was begun, and asking again does no harm.
 */
final class ExecScripts {
  /**
   * {@code BYTES MARK}: reads a script and becomes it; first {@code MARK PID} on standard error.
   */
  static final String PIPES =
      """
      s=$(dd bs="$1" count=1 iflag=fullblock 2>/dev/null)
      [ -n "$s" ] || { echo "no script" >&2; exit 125; }
      printf '%s %s\\n' "$2" "$$" >&2
      eval "$s"
      """;

  /**
   * {@code BYTES MARK}: the same on a terminal, which must not change or repeat the script: {@code
   * MARK 0} says that it can be sent.
   */
  static final String TERMINAL =
      """
      o=$(stty -g) && stty raw -echo || { echo "no terminal" >&2; exit 125; }
      printf '%s 0\\n' "$2"
      s=$(dd bs="$1" count=1 iflag=fullblock 2>/dev/null)
      stty "$o"
      [ -n "$s" ] || { echo "no script" >&2; exit 125; }
      printf '%s %s\\n' "$2" "$$"
      eval "$s"
      """;

  private ExecScripts() {}
}
