package dev.dunes.provider.cloud;

import dev.dunes.sandbox.TerminalSize;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A process a vendor is asked to run.
 *
 * @param argv the program, found by its absolute path, and its arguments
 * @param env variables over those of the sandbox
 * @param stdin whether it has an input; else it reads from {@code /dev/null}
 * @param terminal the terminal it runs on
 * @param user who runs it, by name; else the sandbox's user
 * @param detached whether it goes on when whoever started it goes away
 * @param timeout how long it may take, for a vendor who keeps to it as well; whoever asked ends it
 *     himself when the time is over
 * @param token by which its whole tree is found again: in the environment of each as {@link
 *     Scripts#TOKEN}
 */
public record Launch(
    List<String> argv,
    Map<String, String> env,
    boolean stdin,
    Optional<TerminalSize> terminal,
    Optional<String> user,
    boolean detached,
    Optional<Duration> timeout,
    String token) {
  public Launch {
    argv = List.copyOf(argv);
    env = Map.copyOf(env);
  }
}
