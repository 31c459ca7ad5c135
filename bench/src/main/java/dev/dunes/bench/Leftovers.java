package dev.dunes.bench;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;

/** Processes, cgroups, mounts and directories that outlived what they were made for. */
final class Leftovers {
  private static final long SETTLE_NANOS = 2_000_000_000L;
  private static final int TRIES = 200;
  private static final long LOOK_NANOS = 20_000_000L;

  private Leftovers() {}

  /**
   * One line each; empty is good. Gives what is just ending 2 s to end.
   *
   * @param home everything was made below it
   */
  static List<String> find(Path home, ProviderShape shape) throws IOException {
    long deadline = System.nanoTime() + SETTLE_NANOS;
    List<String> found = look(home, shape);
    while (!found.isEmpty() && System.nanoTime() - deadline < 0) {
      LockSupport.parkNanos(LOOK_NANOS);
      found = look(home, shape);
    }
    return found;
  }

  private static List<String> look(Path home, ProviderShape shape) throws IOException {
    List<String> found = new ArrayList<>();
    ProcessTable table = ProcessTable.read();
    for (long pid : processes(table, home)) {
      found.add("process " + pid + ": " + String.join(" ", table.arguments(pid)));
    }
    for (Path cgroup : cgroups(shape)) {
      found.add("cgroup " + cgroup);
    }
    for (String line : Files.readAllLines(Path.of("/proc/self/mounts"))) {
      if (line.contains(home.toString())) {
        found.add("mount " + line);
      }
    }
    Path sandboxes = shape.directory().getParent();
    if (sandboxes != null && Files.isDirectory(sandboxes)) {
      try (DirectoryStream<Path> all = Files.newDirectoryStream(sandboxes, Files::isDirectory)) {
        all.forEach(directory -> found.add("directory " + directory));
      }
    }
    return found;
  }

  /**
   * bwrap and crun name the directory they work for; the shells of crun stay for as long as it
   * does.
   */
  private static List<Long> processes(ProcessTable table, Path home) {
    long own = ProcessHandle.current().pid();
    Predicate<Long> isolated =
        pid -> pid != own && table.arguments(pid).getFirst().matches(".*(bwrap|crun|dunes-guest)");
    return table.withArgument(home.toString()).stream().filter(isolated).toList();
  }

  private static List<Path> cgroups(ProviderShape shape) throws IOException {
    List<Path> found = new ArrayList<>();
    for (Path each : shape.cgroups().keySet()) {
      Path base = each.resolveSibling("");
      add(base, shape.cgroupPrefix(), found);
      add(base, BubblewrapEngine.cgroupPrefix(), found);
    }
    for (String line : Files.readAllLines(Path.of("/proc/self/mounts"))) {
      String[] fields = line.split(" ");
      if (fields[2].startsWith("cgroup")) {
        add(Path.of(fields[1]), BubblewrapEngine.cgroupPrefix(), found); // crun's
      }
    }
    return found;
  }

  private static void add(Path base, String prefix, List<Path> found) throws IOException {
    try (DirectoryStream<Path> all = Files.newDirectoryStream(base, prefix + "*")) {
      all.forEach(found::add);
    }
  }

  /**
   * Ends and removes them, after a run that was broken off; what is left then, {@link #find} tells.
   */
  static void remove(Path home, ProviderShape shape) throws IOException {
    for (int i = 0; i < TRIES; i++) {
      ProcessTable table = ProcessTable.read();
      table.trees(processes(table, home)).forEach(Leftovers::kill);
      List<Path> cgroups =
          cgroups(shape).stream()
              .filter(
                  path -> path.getFileName().toString().startsWith(BubblewrapEngine.cgroupPrefix()))
              .toList();
      if (cgroups.isEmpty() && processes(table, home).isEmpty()) {
        return;
      }
      cgroups.forEach(Leftovers::clear);
      LockSupport.parkNanos(LOOK_NANOS);
    }
  }

  private static void kill(long pid) {
    ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
  }

  private static void clear(Path cgroup) {
    try {
      Files.readAllLines(cgroup.resolve("cgroup.procs")).forEach(pid -> kill(Long.parseLong(pid)));
      Files.deleteIfExists(cgroup);
    } catch (IOException e) {
      return; // still busy, or gone in between: there is another try
    }
  }
}
