package dev.dunes.provider.local;

import dev.dunes.guest.GuestBinary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What this machine offers to sandboxes, found out without starting anything.
 *
 * @param root whether this process is uid 0 and may take other ids
 * @param runtimes what can build sandboxes
 * @param cgroups where limits can be kept
 * @param memoryBytes of the machine
 * @param mkfs the program that makes ext4 file systems, for disk limits
 */
record LocalHost(
    boolean root, Runtimes runtimes, Cgroups cgroups, long memoryBytes, Optional<Path> mkfs) {
  private static final Pattern VERSION = Pattern.compile("(\\d{1,4})\\.(\\d{1,4})");
  private static final boolean KERNEL_AT_LEAST_5_14 =
      atLeast(System.getProperty("os.version", ""), 5, 14);

  private static final List<Path> SYSTEM_DIRECTORIES =
      List.of(
          Path.of("/usr/bin"),
          Path.of("/bin"),
          Path.of("/usr/local/bin"),
          Path.of("/usr/sbin"),
          Path.of("/sbin"));

  /**
   * Looks.
   *
   * @param preferred the runtime for sandboxes that do not ask for one
   */
  static LocalHost detect(Map<String, String> environment, SandboxRuntime preferred) {
    return new LocalHost(
        isRoot(),
        new Runtimes(preferred, runtimes(environment)),
        CgroupDetection.onThisHost(),
        memory(),
        program("mkfs.ext4", environment));
  }

  private static Map<SandboxRuntime, Path> runtimes(Map<String, String> environment) {
    Map<SandboxRuntime, Path> found = new EnumMap<>(SandboxRuntime.class);
    for (SandboxRuntime each : SandboxRuntime.values()) {
      program(each.program(), environment).ifPresent(path -> found.put(each, path));
    }
    return found;
  }

  /** bubblewrap, if it is here. */
  Optional<Path> bubblewrap() {
    return Optional.ofNullable(runtimes.found().get(SandboxRuntime.BWRAP));
  }

  /** A program in the system's directories, else in PATH. */
  static Optional<Path> program(String name, Map<String, String> environment) {
    for (Path directory : SYSTEM_DIRECTORIES) {
      Path file = directory.resolve(name);
      if (Files.isExecutable(file)) {
        return Optional.of(file);
      }
    }
    for (String directory : environment.getOrDefault("PATH", "").split(":")) {
      Path file = directory.isEmpty() ? Path.of("/nonexistent") : Path.of(directory, name);
      if (Files.isExecutable(file)) {
        return Optional.of(file);
      }
    }
    return Optional.empty();
  }

  /**
   * Whether limits on disk can be kept by a file system of the sandbox's own; otherwise they are
   * kept in memory.
   */
  boolean loopDevices() {
    return root && mkfs.isPresent() && Files.exists(Path.of("/dev/loop-control"));
  }

  /** Whether a limit on a user's processes counts those of one user namespace: since Linux 5.14. */
  static boolean countsProcessesByNamespace() {
    return KERNEL_AT_LEAST_5_14;
  }

  /** Compares the first two numbers of a kernel's version. */
  static boolean atLeast(String version, int major, int minor) {
    Matcher numbers = VERSION.matcher(version);
    if (!numbers.lookingAt()) {
      return false;
    }
    int first = Integer.parseInt(numbers.group(1));
    return first > major || first == major && Integer.parseInt(numbers.group(2)) >= minor;
  }

  static boolean supportedArchitecture() {
    return SyscallTable.knows(GuestBinary.architecture());
  }

  private static boolean isRoot() {
    try {
      return (int) Files.getAttribute(Path.of("/proc/self"), "unix:uid") == 0;
    } catch (IOException e) {
      return false; // without /proc nothing here works, and the checks say so
    }
  }

  private static long memory() {
    try {
      for (String line : Files.readAllLines(Path.of("/proc/meminfo"))) {
        if (line.startsWith("MemTotal:")) {
          String[] fields = line.split("\\s+");
          return Long.parseLong(fields[1]) * 1024;
        }
      }
    } catch (IOException e) {
      return 0;
    }
    return 0;
  }
}
