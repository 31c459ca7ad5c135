package dev.dunes.hosting;

import java.nio.file.Path;
import java.time.Duration;

/**
 * A hosting as a process of its own, to be killed: {@code HostingProcess DIRECTORY [SPARES]}; makes
 * sandboxes of several kinds, prints their ids and waits.
 */
final class HostingProcess {
  private HostingProcess() {}

  public static void main(String[] arguments) throws Exception {
    Hosting hosting =
        new Hosting(
            HostingConfig.builder(Path.of(arguments[0]), dev.dunes.sandbox.Sandboxes::shared)
                .limits(Ground.MANY)
                .spares(arguments.length > 1 ? Integer.parseInt(arguments[1]) : 0)
                .build());
    Account main = hosting.mainAccount();
    SandboxRequest base = SandboxRequest.of("base");
    HostedSandbox running = hosting.create(main, base.timeout(Duration.ofMinutes(30)));
    HostedSandbox frozen = hosting.create(main, base.timeout(Duration.ofMinutes(30)));
    HostedSandbox stored = hosting.create(main, base.timeout(Duration.ofMinutes(30)));
    HostedSandbox brief = hosting.create(main, base.timeout(Duration.ofSeconds(5)));
    for (HostedSandbox each : new HostedSandbox[] {running, frozen, stored}) {
      Ground.sh(hosting, main, each.id(), "echo mine > /workspace/mine");
    }
    hosting.pause(main, frozen.id(), java.util.Optional.of(true));
    hosting.pause(main, stored.id(), java.util.Optional.of(false));
    System.out.println(String.join(" ", running.id(), frozen.id(), stored.id(), brief.id()));
    System.out.flush();
    Thread.currentThread().join();
  }
}
