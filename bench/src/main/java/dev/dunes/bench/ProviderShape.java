package dev.dunes.bench;

import dev.dunes.sandbox.Sandbox;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How the local provider builds a sandbox, read from one it has built, so that what it is compared
 * with has the very same namespaces, mounts, filter and limits, also after the provider changes.
 *
 * @param directory the sandbox's own
 * @param bubblewrap program and options of bubblewrap, up to what it runs
 * @param seccomp the compiled filter
 * @param uid the host's user id it runs under
 * @param cgroups its cgroups and the limits set in them, by file
 * @param name the name of its cgroups' directories
 */
record ProviderShape(
    Path directory,
    List<String> bubblewrap,
    Path seccomp,
    int uid,
    Map<Path, Map<String, String>> cgroups,
    String name) {
  private static final String BOOT_ID = "/proc/sys/kernel/random/boot_id";
  private static final List<String> LIMITS =
      List.of(
          "memory.limit_in_bytes",
          "memory.memsw.limit_in_bytes",
          "pids.max",
          "cpu.cfs_period_us",
          "cpu.cfs_quota_us",
          "memory.max",
          "memory.swap.max",
          "cpu.max");

  /**
   * @param state the provider's state directory
   */
  static ProviderShape of(Sandbox sandbox, Path state) throws IOException {
    ProcessTable table = ProcessTable.read();
    for (long pid : table.withArgument(sandbox.id())) {
      List<String> arguments = table.arguments(pid);
      if (arguments.getFirst().endsWith("/bwrap") && !table.children(pid).isEmpty()) {
        return read(sandbox, state, arguments, table.children(pid).getFirst());
      }
    }
    throw new IOException("no bubblewrap process of sandbox " + sandbox.id());
  }

  private static ProviderShape read(Sandbox sandbox, Path state, List<String> arguments, long guest)
      throws IOException {
    Map<Path, Map<String, String>> cgroups = new LinkedHashMap<>();
    String name = "";
    for (Path directory : cgroups(guest)) {
      if (directory.getFileName().toString().endsWith(sandbox.id())) {
        cgroups.put(directory, limits(directory));
        name = directory.getFileName().toString();
      }
    }
    int uid = (int) Files.getAttribute(Path.of("/proc", Long.toString(guest)), "unix:uid");
    Path directory = state.resolve(sandbox.provider()).resolve(sandbox.id());
    return new ProviderShape(
        directory, options(arguments, directory), filter(state), uid, cgroups, name);
  }

  /**
   * Without the file descriptors the provider's launcher hands over, and without what is run; in
   * place of the sandbox's own boot id the machine's, a mount of the same kind.
   */
  private static List<String> options(List<String> arguments, Path directory) {
    String own = directory.resolve("boot_id").toString();
    List<String> options = new ArrayList<>();
    for (int i = 0; i < arguments.size() && !arguments.get(i).equals("--"); i++) {
      if (arguments.get(i).equals("--seccomp") || arguments.get(i).equals("--info-fd")) {
        i++;
      } else {
        options.add(arguments.get(i).equals(own) ? BOOT_ID : arguments.get(i));
      }
    }
    return List.copyOf(options);
  }

  private static Path filter(Path state) throws IOException {
    try (DirectoryStream<Path> filters =
        Files.newDirectoryStream(state.resolve("share"), "seccomp-*.bpf")) {
      return filters.iterator().next();
    }
  }

  /** The directories of a process's cgroups, of all hierarchies that are mounted. */
  private static List<Path> cgroups(long pid) throws IOException {
    List<Path> found = new ArrayList<>();
    List<String> mounts = Files.readAllLines(Path.of("/proc/self/mounts"));
    for (String line : Files.readAllLines(Path.of("/proc", Long.toString(pid), "cgroup"))) {
      String[] fields = line.split(":", 3); // number, controllers, path; cgroups(7)
      for (String mount : mounts) {
        String[] parts = mount.split(" ");
        boolean same =
            fields[1].isEmpty()
                ? parts[2].equals("cgroup2")
                : parts[2].equals("cgroup")
                    && List.of(parts[3].split(",")).containsAll(List.of(fields[1].split(",")));
        if (same) {
          found.add(Path.of(parts[1] + fields[2]));
        }
      }
    }
    return found;
  }

  private static Map<String, String> limits(Path cgroup) throws IOException {
    Map<String, String> limits = new LinkedHashMap<>();
    for (String file : LIMITS) {
      if (Files.exists(cgroup.resolve(file))) {
        String value = Files.readString(cgroup.resolve(file)).strip();
        String without =
            Files.exists(cgroup.resolveSibling(file))
                ? Files.readString(cgroup.resolveSibling(file)).strip()
                : "";
        if (!value.equals(without)) {
          limits.put(file, value);
        }
      }
    }
    return limits;
  }

  /**
   * What the names of all cgroups of the same state directory begin with; empty where there are
   * none.
   */
  String cgroupPrefix() {
    return name.isEmpty()
        ? ""
        : name.substring(0, name.length() - directory.getFileName().toString().length());
  }
}
