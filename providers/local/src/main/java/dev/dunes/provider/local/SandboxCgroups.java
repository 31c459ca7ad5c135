package dev.dunes.provider.local;

import dev.dunes.sandbox.ErrorDetails;
import dev.dunes.sandbox.ProviderException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The cgroups of one sandbox.
 *
 * @param directories by version 1 controller, and {@link #UNIFIED} for version 2
 */
record SandboxCgroups(Map<String, Path> directories) {
  static final String UNIFIED = "unified";

  private static final int PERIOD_MICROS = 100_000;
  private static final long FREEZE_LIMIT_NANOS = 10_000_000_000L;
  private static final long REMOVE_LIMIT_NANOS = 5_000_000_000L;
  private static final long POLL_NANOS = 200_000;

  void apply(Limits limits, Set<String> unifiedControllers) throws IOException {
    if (limits.memoryBytes().isPresent()) {
      memory(Long.toString(limits.memoryBytes().getAsLong()), unifiedControllers);
    }
    if (limits.cpuCores().isPresent()) {
      cpu(
          Math.max(1000, (long) (limits.cpuCores().getAsDouble() * PERIOD_MICROS)),
          unifiedControllers);
    }
    OptionalInt processes = limits.kernelProcesses();
    if (processes.isPresent()) {
      Path directory = at(Cgroups.PIDS, unifiedControllers);
      CgroupFiles.write(directory, "pids.max", Integer.toString(processes.getAsInt()));
    }
  }

  private void memory(String bytes, Set<String> unifiedControllers) throws IOException {
    Path directory = at(Cgroups.MEMORY, unifiedControllers);
    if (unifiedControllers.contains(Cgroups.MEMORY)) {
      CgroupFiles.write(directory, "memory.max", bytes);
      if (Files.exists(directory.resolve("memory.swap.max"))) {
        CgroupFiles.write(directory, "memory.swap.max", "0");
      }
    } else {
      CgroupFiles.write(directory, "memory.limit_in_bytes", bytes);
      if (Files.exists(directory.resolve("memory.memsw.limit_in_bytes"))) {
        CgroupFiles.write(directory, "memory.memsw.limit_in_bytes", bytes);
      }
    }
  }

  private void cpu(long quotaMicros, Set<String> unifiedControllers) throws IOException {
    Path directory = at(Cgroups.CPU, unifiedControllers);
    if (unifiedControllers.contains(Cgroups.CPU)) {
      CgroupFiles.write(directory, "cpu.max", quotaMicros + " " + PERIOD_MICROS);
    } else {
      CgroupFiles.write(directory, "cpu.cfs_period_us", Integer.toString(PERIOD_MICROS));
      CgroupFiles.write(directory, "cpu.cfs_quota_us", Long.toString(quotaMicros));
    }
  }

  private Path at(String controller, Set<String> unifiedControllers) throws NoSuchFileException {
    Path directory =
        directories.get(unifiedControllers.contains(controller) ? UNIFIED : controller);
    if (directory == null) {
      throw new NoSuchFileException("the cgroup of controller " + controller);
    }
    return directory;
  }

  /** Every directory the launcher must join. */
  Collection<Path> all() {
    return directories.values();
  }

  /** How often the memory limit killed something so far. */
  OptionalLong memoryKills() {
    try {
      Path v1 = directories.get(Cgroups.MEMORY);
      if (v1 != null) {
        return CgroupFiles.keyed(v1, "memory.oom_control", "oom_kill");
      }
      Path v2 = directories.get(UNIFIED);
      return v2 != null && Files.exists(v2.resolve("memory.events"))
          ? CgroupFiles.keyed(v2, "memory.events", "oom_kill")
          : OptionalLong.empty();
    } catch (IOException e) {
      return OptionalLong
          .empty(); // the sandbox is going away under us; there is nothing left to count
    }
  }

  OptionalLong memoryInUse() throws IOException {
    Path v1 = directories.get(Cgroups.MEMORY);
    if (v1 != null) {
      return OptionalLong.of(CgroupFiles.number(v1, "memory.usage_in_bytes"));
    }
    return unifiedNumber("memory.current");
  }

  OptionalLong processes() throws IOException {
    Path v1 = directories.get(Cgroups.PIDS);
    if (v1 != null) {
      return OptionalLong.of(CgroupFiles.number(v1, "pids.current"));
    }
    return unifiedNumber("pids.current");
  }

  Optional<Duration> cpuTime() throws IOException {
    Path v2 = directories.get(UNIFIED);
    if (v2 != null) {
      OptionalLong micros = CgroupFiles.keyed(v2, "cpu.stat", "usage_usec");
      if (micros.isPresent()) {
        return Optional.of(Duration.ofNanos(micros.getAsLong() * 1000));
      }
    }
    Path v1 = directories.get("cpuacct");
    return v1 == null
        ? Optional.empty()
        : Optional.of(Duration.ofNanos(CgroupFiles.number(v1, "cpuacct.usage")));
  }

  private OptionalLong unifiedNumber(String file) throws IOException {
    Path v2 = directories.get(UNIFIED);
    return v2 != null && Files.exists(v2.resolve(file))
        ? OptionalLong.of(CgroupFiles.number(v2, file))
        : OptionalLong.empty();
  }

  /**
   * Stops or lets go everything in them; waits until the kernel has done so. False when they
   * cannot.
   */
  boolean freeze(boolean frozen) {
    try {
      Path v2 = directories.get(UNIFIED);
      if (v2 != null) {
        CgroupFiles.write(v2, "cgroup.freeze", frozen ? "1" : "0");
        await(() -> CgroupFiles.keyed(v2, "cgroup.events", "frozen").orElse(0) == (frozen ? 1 : 0));
        return true;
      }
      Path v1 = directories.get("freezer");
      if (v1 == null) {
        return false;
      }
      String state = frozen ? "FROZEN" : "THAWED";
      CgroupFiles.write(v1, "freezer.state", state);
      await(() -> CgroupFiles.read(v1, "freezer.state").toUpperCase(Locale.ROOT).equals(state));
      return true;
    } catch (IOException e) {
      throw new ProviderException(
          "cannot %s the sandbox: %s".formatted(frozen ? "freeze" : "thaw", e.getMessage()),
          ErrorDetails.cause(e));
    }
  }

  private interface Condition {
    boolean holds() throws IOException;
  }

  private static void await(Condition condition) throws IOException {
    long deadline = System.nanoTime() + FREEZE_LIMIT_NANOS;
    while (!condition.holds()) { // the kernel offers a file to read, not an event, in version 1
      if (System.nanoTime() - deadline > 0) {
        throw new IOException("the kernel did not do it within 10 s");
      }
      LockSupport.parkNanos(POLL_NANOS);
    }
  }

  /**
   * Sends SIGKILL to everything in them; what is inside the sandbox's namespaces ends with the
   * guest anyway, faster than by cgroup.kill. A version 1 freezer must let go first, or the signal
   * waits.
   */
  void killAll() {
    Path freezer = directories.get("freezer");
    try {
      if (freezer != null) {
        CgroupFiles.write(freezer, "freezer.state", "THAWED");
      }
      for (Path directory : directories.values()) {
        for (String pid : CgroupFiles.read(directory, "cgroup.procs").split("\n")) {
          if (!pid.isEmpty()) {
            ProcessHandle.of(Long.parseLong(pid)).ifPresent(ProcessHandle::destroyForcibly);
          }
        }
      }
    } catch (IOException e) {
      // gone already, which is what was wanted; what is not shows when the directories are removed
      org.slf4j.LoggerFactory.getLogger(SandboxCgroups.class)
          .debug("{}: {}", directories, e.getMessage());
    }
  }

  /**
   * Removes them; waits until the processes that are ending in them are gone. False when some could
   * not be removed.
   */
  boolean remove() {
    long deadline = System.nanoTime() + REMOVE_LIMIT_NANOS;
    boolean all = true;
    for (Path directory : directories.values()) {
      all &= remove(directory, deadline);
    }
    return all;
  }

  private static boolean remove(Path directory, long deadline) {
    @Nullable IOException last = null;
    do {
      try {
        Files.deleteIfExists(directory);
        return true;
      } catch (IOException e) { // EBUSY as long as a process has not been reaped
        last = e;
        LockSupport.parkNanos(POLL_NANOS);
      }
    } while (System.nanoTime() - deadline < 0);
    org.slf4j.LoggerFactory.getLogger(SandboxCgroups.class)
        .warn("cgroup {} stays: {}", directory, last.getMessage());
    return false;
  }
}
