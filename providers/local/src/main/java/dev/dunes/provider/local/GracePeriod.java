package dev.dunes.provider.local;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Starts the wait early that the kernel puts before a move between cgroups (see {@link
 * CgroupJoin}): this process is "moved" to the cgroup it is in already, which changes nothing and
 * takes the same lock. The move that matters, a few milliseconds later, then has only the rest to
 * wait. Where it cannot be done the sandbox starts all the same, a little later.
 */
final class GracePeriod {
  private static final Logger LOG = LoggerFactory.getLogger(GracePeriod.class);
  private static final Path MEMBERSHIP = Path.of("/proc/self/cgroup");
  private static final String UNIFIED = "0::/";

  private final Path own;
  private final String membership;
  private final AtomicBoolean waiting = new AtomicBoolean();

  private GracePeriod(Path own, String membership) {
    this.own = own;
    this.membership = membership;
  }

  /**
   * Where this process is in the version 2 hierarchy; empty when it has no writable place there.
   */
  static Optional<GracePeriod> find() {
    try {
      Optional<String> line = membership();
      for (String mount : Files.readAllLines(Path.of("/proc/self/mounts"))) {
        String[] fields = mount.split(" ");
        if (line.isPresent() && fields.length > 2 && fields[2].equals("cgroup2")) {
          Path own = Path.of(fields[1]).resolve(line.get().substring(UNIFIED.length()));
          return Files.isWritable(own.resolve("cgroup.procs"))
              ? Optional.of(new GracePeriod(own, line.get()))
              : Optional.empty();
        }
      }
    } catch (IOException e) {
      LOG.debug("no version 2 cgroup: {}", e.getMessage());
    }
    return Optional.empty();
  }

  /** Starts the wait, unless it is under way already; returns at once. */
  void start() {
    if (waiting.compareAndSet(false, true)) {
      KernelWaits.start(this::moveNowhere);
    }
  }

  private void moveNowhere() {
    try {
      if (membership().filter(membership::equals).isPresent()) { // not moved since by someone else
        CgroupFiles.write(own, "cgroup.procs", Long.toString(ProcessHandle.current().pid()));
      }
    } catch (IOException e) {
      LOG.debug("{}: {}", own, e.getMessage());
    } finally {
      waiting.set(false);
    }
  }

  private static Optional<String> membership() throws IOException {
    List<String> lines = Files.readAllLines(MEMBERSHIP);
    return lines.stream().filter(line -> line.startsWith(UNIFIED)).findFirst();
  }
}
