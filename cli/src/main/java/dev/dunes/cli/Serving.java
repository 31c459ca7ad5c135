package dev.dunes.cli;

import dev.dunes.server.DunesServer;
import dev.dunes.server.ServerConfig;
import dev.dunes.session.Settings;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;

/** A server from its start to Ctrl-C or SIGTERM. */
final class Serving {
  private static final String GRACE = "DUNES_SHUTDOWN_GRACE";
  private static final int MOST_GRACE = 3600;
  private static final Duration FOR_CLEANING_UP = Duration.ofSeconds(40);

  private final Console console;

  Serving(Console console) {
    this.console = console;
  }

  /** Something that is waited for while a server serves. */
  interface Wait {
    void await() throws InterruptedException;
  }

  /**
   * Serves until the process is told to end.
   *
   * @param grace how long runs that live may go on then, unless DUNES_SHUTDOWN_GRACE says it
   */
  int untilToldToEnd(ServerConfig config, Duration grace) {
    DunesServer server = DunesServer.start(config);
    try {
      during(server, grace, () -> new CountDownLatch(1).await()); // nothing else ends it
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return ExitCodes.INTERRUPTED;
  }

  /** Serves while something is waited for; the server is closed afterwards. */
  void during(DunesServer server, Duration grace, Wait wait) throws InterruptedException {
    Settings settings = server.runs().settings();
    Duration given =
        settings.get(GRACE).isPresent()
            ? Duration.ofSeconds(settings.number(GRACE, 0, 0, MOST_GRACE))
            : grace;
    console.interruption().allow(FOR_CLEANING_UP.plus(given));
    try (Interruption.Guard _ = console.interruption().guard(() -> close(server, given))) {
      console.print("Ready at %s\n".formatted(server.uri()));
      wait.await();
    }
  }

  private static void close(DunesServer server, Duration grace) {
    boolean interrupted = Thread.interrupted(); // what lives may end in peace
    try {
      server.close(grace);
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
