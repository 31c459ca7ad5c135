package dev.dunes.provider.modal;

import dev.dunes.sandbox.ErrorDetails;
import dev.dunes.sandbox.ProviderException;
import java.time.Duration;

/**
 * The end of a sandbox at its time, also when nobody is there any more: its first program ends
 * then, and the sandbox with it. Modal's own limit, which cannot be changed, is later.
 */
final class Deadline {
  /** The moment, in seconds of the sandbox's own clock. */
  private static final String FILE = "/tmp/.dunes-deadline";

  /** {@code SECONDS}: ends after so long, or at the moment in the file. */
  static final String KEEP =
      """
      f=%s
      e=$(($(date +%%s) + $1))
      echo "$e" >"$f"
      while n=$(cat "$f" 2>/dev/null || echo "$e"); [ "$(date +%%s)" -lt "$n" ]; do sleep 2; done
      """
          .formatted(FILE);

  /** {@code SECONDS}: from now on. */
  private static final String SET = "echo \"$(($(date +%%s) + $1))\" >%s".formatted(FILE);

  private Deadline() {}

  static void set(ModalSandbox sandbox, Duration lifetime) {
    int code = sandbox.runQuietly(SET, Long.toString(ModalProcess.seconds(lifetime)));
    if (code != 0) {
      throw new ProviderException(
          "the time of the sandbox could not be changed from inside (exit %d)".formatted(code),
          ErrorDetails.at(sandbox.provider(), sandbox.id())
              .withRemedy("make room in its /tmp, and see that %s can be written".formatted(FILE)));
    }
  }
}
