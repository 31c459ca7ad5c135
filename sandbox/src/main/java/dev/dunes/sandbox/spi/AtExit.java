package dev.dunes.sandbox.spi;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.slf4j.LoggerFactory;

/**
 * What is done when the JVM exits, in order: first a program ends what it does in its own way, such
 * as a server that gives its runs some time; only then providers end the sandboxes that nobody has
 * closed. Hooks of the JVM's own would all run at once, and take the sandboxes from under the runs.
 *
 * <p>Each part shall end by itself, in seconds unless the program's user asked for more. A failure
 * in one does not keep others from running.
 */
public final class AtExit {
  private static final List<Runnable> FIRST = new CopyOnWriteArrayList<>();
  private static final List<Runnable> THEN = new CopyOnWriteArrayList<>();

  static {
    Runtime.getRuntime().addShutdownHook(new Thread(AtExit::run, "dunes-exit"));
  }

  private AtExit() {}

  /** For a program: runs before any sandbox is ended. */
  public static void first(Runnable end) {
    FIRST.add(requireNonNull(end, "end"));
  }

  /** For providers: runs once programs are through. */
  public static void then(Runnable end) {
    THEN.add(requireNonNull(end, "end"));
  }

  private static void run() {
    FIRST.forEach(AtExit::run);
    THEN.forEach(AtExit::run);
  }

  private static void run(Runnable part) {
    try {
      part.run();
    } catch (RuntimeException e) {
      LoggerFactory.getLogger(AtExit.class).warn("at the end of the program", e);
    }
  }
}
