package dev.dunes.provider.local;

import dev.dunes.sandbox.ErrorDetails;
import dev.dunes.sandbox.IsolationUnavailableException;
import dev.dunes.sandbox.SandboxSpec;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;

/**
 * What a sandbox may use.
 *
 * @param memoryBytes memory, swap included
 * @param cpuCores processor time
 * @param processes processes and threads of the sandbox, the guest and its launcher not counted
 * @param required the controllers without which it must not start, with the field that asked for
 *     them
 */
record Limits(
    OptionalLong memoryBytes,
    OptionalDouble cpuCores,
    OptionalInt processes,
    Map<String, String> required) {
  /** Processes and threads a sandbox may have unless told otherwise. */
  static final int DEFAULT_PROCESSES = 1024;

  /** The guest, its launcher and a supervisor come on top. */
  private static final int OWN_PROCESSES = 4;

  private static final long MEBIBYTE = 1L << 20;

  /**
   * The limits of a specification; defaults, for what it does not say, where the host can keep
   * them: half of the machine's memory, {@link #DEFAULT_PROCESSES} processes.
   */
  static Limits of(SandboxSpec spec, Set<String> enforceable, long machineMemory) {
    Map<String, String> required = new java.util.TreeMap<>();
    if (spec.memoryMb().isPresent()) {
      required.put(Cgroups.MEMORY, "memoryMb");
    }
    if (spec.cpuCores().isPresent()) {
      required.put(Cgroups.CPU, "cpuCores");
    }
    if (spec.maxProcesses().isPresent()) {
      required.put(Cgroups.PIDS, "maxProcesses");
    }
    OptionalLong memory =
        spec.memoryMb().isPresent()
            ? OptionalLong.of(spec.memoryMb().getAsInt() * MEBIBYTE)
            : enforceable.contains(Cgroups.MEMORY) && machineMemory > 0
                ? OptionalLong.of(machineMemory / 2)
                : OptionalLong.empty();
    OptionalInt processes =
        spec.maxProcesses().isPresent()
            ? spec.maxProcesses()
            : enforceable.contains(Cgroups.PIDS)
                ? OptionalInt.of(DEFAULT_PROCESSES)
                : OptionalInt.empty();
    return new Limits(memory, spec.cpuCores(), processes, required);
  }

  void requireEnforceable(Set<String> enforceable, String host) {
    for (Map.Entry<String, String> each : required.entrySet()) {
      if (!enforceable.contains(each.getKey())) {
        throw new IsolationUnavailableException(
            "%s: this host cannot keep a limit on %s (%s)"
                .formatted(each.getValue(), each.getKey(), host),
            ErrorDetails.remedy(
                "run as root, or in a delegated cgroup v2 (systemd-run --user --scope -p Delegate=yes …), or leave the limit out"));
      }
    }
  }

  /** Whether a version 1 controller's cgroup is worth making. */
  boolean needs(String controller, boolean unified) {
    return switch (controller) {
      case Cgroups.MEMORY -> memoryBytes.isPresent();
      case Cgroups.CPU -> cpuCores.isPresent();
      case Cgroups.PIDS -> processes.isPresent();
      case "freezer", "cpuacct" -> !unified; // version 2 does both without controllers
      default -> false;
    };
  }

  /**
   * What the guest is to hold processes to where no cgroup can: the kernel then counts those of the
   * sandbox's user namespace. Empty where a cgroup does it, and before Linux 5.14, which counted
   * all processes of the host's user.
   */
  OptionalInt guestProcesses(boolean countedByNamespace) {
    return processes.isEmpty() && countedByNamespace
        ? OptionalInt.of(DEFAULT_PROCESSES + OWN_PROCESSES)
        : OptionalInt.empty();
  }

  /** What the kernel is told. */
  OptionalInt kernelProcesses() {
    return processes.isPresent() ? OptionalInt.of(processes.getAsInt() + OWN_PROCESSES) : processes;
  }
}
