package dev.dunes.provider.cloud;

import java.util.ArrayList;
import java.util.List;

/**
 * Lines of POSIX shell that run in sandboxes. They use no more than every image has: coreutils or
 * busybox, {@code find}, {@code grep} and {@code tar}.
 */
public final class Scripts {
  /** In the environment of every process of a command: how its whole tree is found again. */
  static final String TOKEN = "DUNES_COMMAND";

  /** What {@link #ENTER} ends with when the command could not be begun. */
  static final int NOT_BEGUN = 125;

  /** {@code TOKEN DIRECTORY USER PROGRAM…}: runs a program in a directory. */
  static final String ENTER =
      """
      no() { printf 'dunes:%s:%s' "$t" "$1" >&2; exit 125; }
      t=$1
      [ -z "$2" ] || CDPATH= cd -- "$2" 2>/dev/null || no directory
      if [ -n "$3" ] && [ "$3" != "$(id -u)" ] && [ "$3" != "$(id -un)" ]; then
        if id -- "$3" >/dev/null 2>&1; then no user; else no nobody; fi
      fi
      shift 3
      exec "$@"
      """;

  /**
   * A function for scripts that begin with this: {@code marked TOKEN} prints the ids of a command's
   * processes. Busybox's grep sees no further than the first variable, and is asked for each alone.
   */
  public static final String MARKED =
      """
      marked() {
        if printf 'a\\0b' | grep -qF b; then
          grep -lsF "DUNES_COMMAND=$1" /proc/[0-9]*/environ
        else
          for e in /proc/[0-9]*/environ; do
            { tr '\\0' '\\n' <"$e" | grep -qxF "DUNES_COMMAND=$1" && echo "$e"; } 2>/dev/null
          done
        fi | cut -d/ -f3
      }
      """;

  /** {@code TOKEN}: kills every process of a command, also those that left its group. */
  static final String KILL_TREE =
      MARKED
          + """
          n=0
          while [ $n -lt 500 ]; do
            found=
            for p in $(marked "$1"); do
              [ "$p" = "$$" ] || found="$found $p"
            done
            [ -n "$found" ] || exit 0
            kill -STOP $found 2>/dev/null
            kill -KILL $found 2>/dev/null
            n=$((n + 1))
          done
          exit 1
          """;

  /** {@code TOKEN NUMBER}: sends a signal to every process of a command once. */
  static final String SIGNAL_TREE =
      MARKED
          + """
          for p in $(marked "$1"); do
            [ "$p" = "$$" ] || kill -"$2" "$p" 2>/dev/null
          done
          true
          """;

  /** {@code PID NUMBER}: sends a signal to a process. */
  static final String SIGNAL = "kill -\"$2\" \"$1\" 2>/dev/null; true";

  /** Numbers about the sandbox, one a line: processes, ticks, ticks a second, KiB, limit, KiB. */
  static final String METRICS =
      """
      echo processes $(ls -d /proc/[0-9]* | wc -l)
      echo ticks $(cat /proc/[0-9]*/stat 2>/dev/null | sed 's/^.*) //' | awk '{n += $12 + $13 + $14 + $15} END {print n + 0}')
      echo hertz $(getconf CLK_TCK 2>/dev/null || echo 100)
      echo resident $(cat /proc/[0-9]*/status 2>/dev/null | awk '/^VmRSS:/ {n += $2} END {print n + 0}')
      echo limit $(cat /sys/fs/cgroup/memory.max 2>/dev/null || awk '/^MemTotal:/ {print $2 * 1024}' /proc/meminfo)
      echo disk $(du -skx "$HOME" /tmp "$PWD" 2>/dev/null | awk '{n += $1} END {print n + 0}')
      """;

  private Scripts() {}

  /** A script with arguments, for {@code /bin/sh}. */
  static List<String> argv(String script, String... arguments) {
    List<String> argv = new ArrayList<>(List.of("/bin/sh", "-c", script, "dunes"));
    argv.addAll(List.of(arguments));
    return argv;
  }

  /** A word as the shell reads it back unchanged. */
  public static String quote(String word) {
    return "'" + word.replace("'", "'\\''") + "'";
  }
}
