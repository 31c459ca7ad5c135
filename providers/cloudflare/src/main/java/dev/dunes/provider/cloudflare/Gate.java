package dev.dunes.provider.cloudflare;

import dev.dunes.provider.cloud.FramedProcess;
import dev.dunes.sandbox.InvalidRequestException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;

/**
 * What every program of ours goes through in the sandbox. When a sandbox is made, a file is put
 * into its container, in places that nobody clears out by chance; the sandbox's variables are in
 * it. A container without that file is not the one the sandbox was made with: Cloudflare starts a
 * fresh one whenever there is none, be it after a sleep or after the end of the sandbox, and
 * nothing must go on in that as if files and processes were still there.
 */
final class Gate {
  /** What is said instead of running the program. */
  static final String GONE = "dunes-gone";

  private static final String PLACES = "/dev/shm /var/tmp /tmp";

  /** {@code ID BASE64…}: marks the container; may be done again. */
  private static final String MAKE =
      """
      i=$1; shift; umask 077; n=0
      for d in %s; do
        f=$d/.dunes-$i
        { [ -d "$d" ] && [ -w "$d" ] && for w; do printf %%s "$w" | base64 -d || exit 1; done >"$f.part" && mv -f "$f.part" "$f"; } || continue
        n=1
      done
      [ $n = 1 ] || { echo "no place in %s can be written" >&2; exit 1; }
      """
          .formatted(PLACES, PLACES);

  /** {@code ID PROGRAM…}: runs a program with the sandbox's variables in the marked container. */
  private static final String ENTER =
      """
      i=$1; shift
      for d in %s; do
        if [ -r "$d/.dunes-$i" ]; then . "$d/.dunes-$i"; exec "$@"; fi
      done
      echo %s
      exit 1
      """
          .formatted(PLACES, GONE);

  /** Linux: MAX_ARG_STRLEN, which holds for variables, too. */
  private static final int MOST_WORD = 128 << 10;

  private static final int MOST_WORDS = 1 << 20;
  private static final int PIECE = 48 << 10;

  private Gate() {}

  /** What makes a container the sandbox's. */
  static List<String> make(String id, Map<String, String> env) {
    byte[] contents = contents(env).getBytes(StandardCharsets.UTF_8);
    List<String> argv = new ArrayList<>(List.of("/bin/sh", "-c", MAKE, "dunes", id));
    for (int at = 0; at < contents.length; at += PIECE) {
      byte[] piece = Arrays.copyOfRange(contents, at, Math.min(contents.length, at + PIECE));
      argv.add(Base64.getEncoder().encodeToString(piece));
    }
    return argv;
  }

  /** A line of shell that puts {@code env NAME=VALUE…} in front of the arguments. */
  private static String contents(Map<String, String> env) {
    long all = 0;
    List<String> words = new ArrayList<>(List.of("env"));
    for (Map.Entry<String, String> each : env.entrySet()) {
      String word = each.getKey() + "=" + each.getValue();
      int bytes = word.getBytes(StandardCharsets.UTF_8).length;
      all += bytes;
      if (bytes >= MOST_WORD || all >= MOST_WORDS) {
        throw InvalidRequestException.field(
            "env",
            "%s with %d bytes".formatted(each.getKey(), bytes),
            "variables below 128 KiB each, and 1 MiB together");
      }
      words.add(word);
    }
    return words.size() == 1 ? ":\n" : "set -- %s \"$@\"\n".formatted(FramedProcess.line(words));
  }

  /** A program that only runs in the sandbox's own container. */
  static List<String> enter(String id, List<String> program) {
    List<String> argv = new ArrayList<>(List.of("/bin/sh", "-c", ENTER, "dunes", id));
    argv.addAll(program);
    return argv;
  }
}
