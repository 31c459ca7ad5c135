package dev.dunes.provider.cloud;

/**
 * Commands for vendors who stream text only: what a command writes comes as lines of base64, {@code
 * o …} on standard output and {@code e …} on standard error, so that every byte arrives.
 */
public final class FrameScripts {
  /**
   * {@code MARK INPUT TOKEN TERMINAL PROGRAM…}: first {@code d DIRECTORY HOLDER}, the terminal as
   * {@link TerminalScripts#ON_TERMINAL} says it when a size was given, and {@code p PID}, then
   * output. The end is in the output itself, behind all that was written: the mark and the exit
   * code, or the mark alone on standard error. Whatever a child in the background writes later is
   * not waited for; where none is left, all of the output is passed on before this ends.
   *
   * <p>What the shell itself has to say, such as {@code Killed}, would get between two pieces of a
   * line, and is dropped.
   *
   * <p>The input is a FIFO that a sleeping process holds open until its end is wanted.
   */
  static final String RUN =
      Scripts.MARKED
          + TerminalScripts.ON_TERMINAL
          + """
          m=$1; i=$2; t=$3; w=$4; shift 4
          d=$(mktemp -d /tmp/.dunes-XXXXXX) && mkfifo "$d/o" "$d/e" || { echo "x no place for pipes"; exit 1; }
          pump() {
            while :; do
              x=$(dd bs=12288 count=1 2>/dev/null | base64 | tr -d '\\n')
              [ -n "$x" ] || break
              printf '%s %s\\n' "$1" "$x"
            done
          }
          pump o <"$d/o" &
          po=$!
          pump e <"$d/e" >&2 &
          pe=$!
          exec 2>/dev/null
          n=/dev/null; h=0
          if [ "$i" = 1 ]; then
            n=$d/i; mkfifo "$n"
            sleep 999999999 <>"$n" >/dev/null 2>&1 &
            h=$!
          fi
          echo "d $d $h"
          exec 3>&1 5>"$d/o" 6>"$d/e"
          (
            exec <"$n" >&5 2>&6 5>&- 6>&-
            s='echo "p $$" >&3; exec 3>&-; exec "$@"'
            [ -z "$w" ] || on_terminal "$w" "$s" "$@"
            exec sh -c "$s" dunes "$@"
          )
          c=$?
          printf '%s %s\\n' "$m" "$c" >&5
          printf '%s\\n' "$m" >&6
          exec 5>&- 6>&-
          [ "$h" = 0 ] || kill -KILL "$h"
          rm -rf "$d"
          if [ -n "$(marked "$t")" ]; then sleep 1; else wait "$po" "$pe"; fi
          """;

  /** {@code PROGRAM…}: three lines: output, the end of the errors, both in base64, and the code. */
  public static final String WHOLE =
      """
      d=$(mktemp -d /tmp/.dunes-XXXXXX) || exit 1
      "$@" >"$d/o" 2>"$d/e" </dev/null
      c=$?
      base64 <"$d/o" | tr -d '\\n'; echo
      tail -c 4096 "$d/e" | base64 | tr -d '\\n'; echo
      echo "$c"
      rm -rf "$d"
      """;

  /** {@code DIRECTORY BASE64}: gives a command input. */
  static final String WRITE = "printf %s \"$2\" | base64 -d >\"$1/i\"";

  /** {@code PID}: ends the input by ending who holds it open. */
  static final String CLOSE = "kill -KILL \"$1\" 2>/dev/null; true";

  private FrameScripts() {}
}
