package dev.dunes.agent.install;

import dev.dunes.agent.AgentSettings;
import dev.dunes.agent.InstallProgress;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Puts the packages of a lock where they belong, some at a time. No script of a package is run and
 * no link to a program is made.
 */
final class LockedTree {
  private static final int AT_ONCE = 6;

  private final String title;
  private final AgentSettings settings;
  private final RegistryClient.Limits limits;
  private final InstallProgress progress;
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<String, Long> done = new HashMap<>();
  private long total;

  LockedTree(
      String title,
      AgentSettings settings,
      RegistryClient.Limits limits,
      InstallProgress progress) {
    this.title = title;
    this.settings = settings;
    this.limits = limits;
    this.progress = progress;
  }

  /**
   * Fills an empty directory; what fails first fails all.
   *
   * @param scratch for tarballs
   */
  void fill(Path tree, Path scratch, List<LockedPackage> packages) throws IOException {
    for (LockedPackage each : packages) {
      // Also those above a package: nobody may come between.
      AgentDirectory.makeReadable(tree.resolve(each.place()));
    }
    try (PackageSource source = new PackageSource(settings, limits);
        ExecutorService threads =
            Executors.newFixedThreadPool(
                AT_ONCE, Thread.ofVirtual().name("install-", 0).factory())) {
      ExecutorCompletionService<Path> all = new ExecutorCompletionService<>(threads);
      try {
        for (LockedPackage each : packages) {
          Future<Path> ignored = all.submit(() -> add(source, each, tree, scratch));
        }
        for (int i = 0; i < packages.size(); i++) {
          all.take().get();
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw InstallFailure.of("interrupted while %s was installed".formatted(title), null, e);
      } catch (ExecutionException e) {
        throw failure(e.getCause());
      } finally {
        threads.shutdownNow();
      }
    }
  }

  private Path add(PackageSource source, LockedPackage each, Path tree, Path scratch)
      throws IOException {
    Path tgz = Files.createTempFile(scratch, "package-", ".tgz");
    String step = source.verb() + " " + title;
    source.fetchDirectly(
        each.source(),
        tgz,
        new InstallProgress() {
          @Override
          public void step(String ignored, long bytes, long ofAll) {
            tell(step, each.place(), bytes);
          }
        });
    Path place = tree.resolve(each.place());
    PackageTar.unpackAsNpm(tgz, place);
    Files.delete(tgz);
    return place;
  }

  /** Calls come from one thread at a time, and tell how much there is of all together. */
  private void tell(String step, String place, long bytes) {
    lock.lock();
    try {
      long before = done.getOrDefault(place, 0L);
      done.put(place, bytes);
      total += bytes - before;
      progress.step(step, total, -1);
    } finally {
      lock.unlock();
    }
  }

  private static RuntimeException failure(@Nullable Throwable cause) throws IOException {
    if (cause instanceof IOException e) {
      throw e;
    }
    if (cause instanceof RuntimeException e) {
      return e;
    }
    return new UncheckedIOException(new IOException(cause));
  }
}
