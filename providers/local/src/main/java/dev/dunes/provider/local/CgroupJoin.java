package dev.dunes.provider.local;

import dev.dunes.sandbox.ErrorDetails;
import dev.dunes.sandbox.ProviderException;
import dev.dunes.sandbox.SandboxInterruptedException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/**
 * Puts a starting sandbox into its cgroups while bubblewrap is still building it. Moving a process between cgroups makes the kernel wait for an
 * RCU grace period, 5 ms and more, unless another move happened just before; done by the launcher itself that wait would come before everything
 * else. So the launcher is moved from here, in parallel, and the guest, which has run nothing yet, right after it has said hello, when moves are
 * quick (0.1 ms).
 */
final class CgroupJoin {
  private final SandboxCgroups cgroups;
  private final CompletableFuture<Void> launcherMoved = new CompletableFuture<>();

  private CgroupJoin(SandboxCgroups cgroups) {
    this.cgroups = cgroups;
  }

  /** Begins to move the launcher. */
  static CgroupJoin begin(SandboxCgroups cgroups, long launcher) {
    CgroupJoin join = new CgroupJoin(cgroups);
    // a platform thread: the wait is in the kernel and would pin the carrier of a virtual one
    Thread.ofPlatform().daemon().name("cgroup-join").start(() -> join.moveLauncher(launcher));
    return join;
  }

  private void moveLauncher(long launcher) {
    try {
      move(launcher);
      launcherMoved.complete(null);
    } catch (IOException e) {
      launcherMoved.completeExceptionally(e);
    }
  }

  /**
   * Moves the guest, too. After this returns every process of the sandbox is under its limits.
   *
   * @throws ProviderException when one is not
   */
  void finish(long guest) {
    try {
      launcherMoved.get();
      move(guest);
    } catch (InterruptedException e) {
      throw new SandboxInterruptedException("starting a sandbox", e);
    } catch (ExecutionException | IOException e) {
      throw new ProviderException(
          "cannot put the sandbox under its limits: " + e.getMessage(),
          ErrorDetails.cause(e).withRemedy("`ds doctor` shows what this host allows"));
    }
  }

  private void move(long pid) throws IOException {
    for (Path directory : cgroups.all()) {
      CgroupFiles.write(directory, "cgroup.procs", Long.toString(pid));
    }
  }
}
