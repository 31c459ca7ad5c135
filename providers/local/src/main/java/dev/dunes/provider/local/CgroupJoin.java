package dev.dunes.provider.local;

import dev.dunes.sandbox.ErrorDetails;
import dev.dunes.sandbox.ProviderException;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxInterruptedException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Supplier;

/**
 * Makes a starting sandbox's cgroups and puts it into them while bubblewrap is still building it.
 * Moving a process between cgroups makes the kernel wait for an RCU grace period, 5 ms and more,
 * unless another move happened just before; done by the launcher itself that wait would come before
 * everything else. So the launcher is moved from here, in parallel, and the guest, which has run
 * nothing yet, right after it has said hello, when moves are quick (0.1 ms).
 */
final class CgroupJoin {
  private final CompletableFuture<SandboxCgroups> joined = new CompletableFuture<>();

  private CgroupJoin() {}

  /** Begins to make the cgroups and to move the launcher. */
  static CgroupJoin begin(Supplier<SandboxCgroups> cgroups, LaunchedProcess launcher) {
    CgroupJoin join = new CgroupJoin();
    KernelWaits.start(() -> join.moveLauncher(cgroups, launcher));
    return join;
  }

  private void moveLauncher(Supplier<SandboxCgroups> maker, LaunchedProcess launcher) {
    try {
      SandboxCgroups cgroups = maker.get();
      move(cgroups, launcher.pid());
      joined.complete(cgroups);
    } catch (IOException | SandboxException e) {
      joined.completeExceptionally(e);
    }
  }

  /**
   * Moves the guest, too. After this returns every process of the sandbox is under its limits.
   *
   * @throws ProviderException when one is not
   */
  void finish(long guest) {
    try {
      move(joined.get(), guest);
    } catch (InterruptedException e) {
      throw new SandboxInterruptedException("starting a sandbox", e);
    } catch (ExecutionException | IOException e) {
      throw new ProviderException(
          "cannot put the sandbox under its limits: " + e.getMessage(),
          ErrorDetails.cause(e).withRemedy("`ds doctor` shows what this host allows"));
    }
  }

  /** Waits until nothing is being made or moved any more, whether it went well or not. */
  void settle() {
    joined.handle((made, failure) -> made).join();
  }

  private static void move(SandboxCgroups cgroups, long pid) throws IOException {
    for (Path directory : cgroups.all()) {
      CgroupFiles.write(directory, "cgroup.procs", Long.toString(pid));
    }
  }
}
