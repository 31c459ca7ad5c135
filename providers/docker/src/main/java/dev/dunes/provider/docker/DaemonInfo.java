package dev.dunes.provider.docker;

import dev.dunes.sandbox.IsolationTier;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import tools.jackson.databind.JsonNode;

/**
 * What a daemon says about itself.
 *
 * @param version of the engine
 * @param system the operating system it runs on
 * @param kernel that system's kernel
 * @param architecture in the kernel's naming
 * @param memoryBytes of its machine
 * @param runtimes the names of those it knows
 * @param defaultRuntime the one it takes unless told otherwise
 * @param security how it confines containers
 * @param storage its storage driver
 * @param directory where it keeps its data
 * @param cgroups what it keeps limits with; {@code none} where it has no cgroups
 * @param liveRestore whether it leaves containers running when it is restarted
 */
record DaemonInfo(
    String version,
    String system,
    String kernel,
    String architecture,
    long memoryBytes,
    Set<String> runtimes,
    String defaultRuntime,
    Set<String> security,
    String storage,
    String directory,
    String cgroups,
    boolean liveRestore) {
  static final String LIMITS_REMEDY =
      "use a daemon of root's, or give the rootless one cgroup v2 with its controllers delegated"
          + " (systemd does), and restart it";

  private static final int FIRST_THAT_RESTORES_ALL = 25;
  private static final Path OWN_KERNEL = Path.of("/proc/sys/kernel/osrelease");

  static DaemonInfo of(Engine engine) {
    Answer answer = engine.get("/info");
    if (!answer.ok()) {
      throw DockerErrors.refused("ask the Docker daemon about itself", answer);
    }
    JsonNode json = answer.json();
    Set<String> security = new TreeSet<>();
    json.path("SecurityOptions").forEach(each -> security.add(each.asString("")));
    return new DaemonInfo(
        json.path("ServerVersion").asString("unknown"),
        json.path("OperatingSystem").asString(""),
        json.path("KernelVersion").asString(""),
        json.path("Architecture").asString(""),
        json.path("MemTotal").asLong(0),
        new TreeSet<>(json.path("Runtimes").propertyNames()),
        json.path("DefaultRuntime").asString("runc"),
        security,
        json.path("Driver").asString(""),
        json.path("DockerRootDir").asString(""),
        json.path("CgroupDriver").asString(""),
        json.path("LiveRestoreEnabled").asBoolean(false));
  }

  /**
   * Whether a restart takes containers away that run on, if they are to be removed at their end: an
   * error of Docker before 25 (moby issue 46308).
   */
  boolean removesWhatRunsOn() {
    return liveRestore && version.matches("\\d.*") && major() < FIRST_THAT_RESTORES_ALL;
  }

  private int major() {
    return Integer.parseInt(version.replaceFirst("^(\\d{1,6}).*", "$1"));
  }

  /** Whether user ids in containers are not those of the daemon's machine. */
  boolean remapsUsers() {
    return has("userns");
  }

  boolean rootless() {
    return has("rootless");
  }

  /**
   * Whether it keeps limits at all. A rootless daemon without cgroups of its own takes them, says
   * nothing, and keeps none.
   */
  boolean keepsLimits() {
    return !cgroups.equals("none");
  }

  boolean seccomp() {
    return has("seccomp");
  }

  private boolean has(String name) {
    return security.stream()
        .flatMap(option -> Arrays.stream(option.split(",")))
        .anyMatch(part -> part.equals("name=" + name));
  }

  /**
   * Whether it runs on this very machine and sees the same files under the same paths: then its own
   * directory is in sight. A program in a container that was given the daemon's socket does not see
   * it.
   */
  boolean onThisMachine(DaemonAddress address) {
    return address instanceof DaemonAddress.Unix
        && !system.contains("Docker Desktop")
        && kernel.equals(ownKernel())
        && directory.startsWith("/")
        && Files.isDirectory(Path.of(directory));
  }

  private static String ownKernel() {
    try {
      return Files.readString(OWN_KERNEL).strip();
    } catch (IOException e) {
      return ""; // not Linux: the daemon's containers run in a virtual machine
    }
  }

  /** How strongly a runtime keeps containers apart. */
  static IsolationTier tier(String runtime) {
    if (runtime.contains("runsc")) {
      return IsolationTier.GVISOR;
    }
    return runtime.contains("kata") ? IsolationTier.MICROVM : IsolationTier.NAMESPACE;
  }
}
