package dev.dunes.hosting;

import dev.dunes.hosting.TemplateBuild.Launch;
import dev.dunes.sandbox.ExecResult;
import java.time.Duration;
import java.time.Instant;

/** Starts what sandboxes of a template begin with. E2B wire 2.4. */
final class Beginning {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final Duration POLL = Duration.ofMillis(50);
  private static final int OUTPUT = 256 << 10;

  private Beginning() {}

  static boolean needed(Launch launch) {
    return launch.startCmd().isPresent() || launch.readyCmd().isPresent();
  }

  /**
   * Starts the command, and waits until the sandbox can be used.
   *
   * @throws HostingException when it cannot in time
   */
  static void in(OpenSandbox open, Launch launch) throws InterruptedException {
    launch
        .startCmd()
        .ifPresent(line -> open.start(BuildRun.command(line, launch).detached().build(), OUTPUT));
    if (launch.readyCmd().isEmpty()) {
      return;
    }
    Instant deadline = Instant.now().plus(LIMIT);
    while (true) {
      ExecResult ready =
          open.sandbox()
              .exec(
                  BuildRun.command(launch.readyCmd().get(), launch)
                      .timeout(LIMIT)
                      .outputLimit(4096)
                      .build());
      if (ready.success()) {
        return;
      }
      if (!Instant.now().isBefore(deadline)) {
        throw new HostingException(
            HostingException.Reason.UNAVAILABLE,
            "the ready command of the template did not succeed within %d s; it gave exit code %d"
                .formatted(LIMIT.toSeconds(), ready.exitCode()));
      }
      Thread.sleep(POLL); // between two looks at another program
    }
  }
}
