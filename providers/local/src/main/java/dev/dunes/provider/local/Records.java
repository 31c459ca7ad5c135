package dev.dunes.provider.local;

import dev.dunes.guest.ProcessIdentity;
import dev.dunes.guest.SandboxRecord;
import dev.dunes.sandbox.SandboxState;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** What this provider keeps in a sandbox's record besides what every provider does. */
final class Records {
  private static final String CGROUP = "cgroup.";
  private static final String UID = "uid";
  private static final String RUNTIME = "runtime";
  private static final String LAYERS = "layers";
  private static final String ROOTFS = "rootfs";
  private static final String SEPARATOR = "\n";

  private Records() {}

  static SandboxRecord complete(
      SandboxRecord first,
      ProcessIdentity guest,
      SandboxCgroups cgroups,
      Limits limits,
      String disk,
      Cgroups host,
      boolean overlays,
      Image image,
      SandboxRuntime runtime) {
    SandboxRecord record = first.withState(SandboxState.RUNNING).withGuest(guest);
    for (Map.Entry<String, Path> each : cgroups.directories().entrySet()) {
      record = record.withMetadata(CGROUP + each.getKey(), each.getValue().toString());
    }
    record =
        record
            .withMetadata(
                "memory_limit",
                limits.memoryBytes().isPresent()
                    ? Long.toString(limits.memoryBytes().getAsLong())
                    : "none")
            .withMetadata("process_limit", processLimit(limits))
            .withMetadata(
                "cpu_limit",
                limits.cpuCores().isPresent()
                    ? Double.toString(limits.cpuCores().getAsDouble())
                    : "none")
            .withMetadata(RUNTIME, runtime.program())
            .withMetadata("disk", disk)
            .withMetadata("cgroup", host.version())
            .withMetadata("freeze", host.freezeMethod())
            .withMetadata("fork", overlays ? "copy-on-write overlay" : "copy");
    if (!image.view().allLayers().isEmpty()) {
      List<String> layers = image.view().allLayers().stream().map(Path::toString).toList();
      record = record.withMetadata(LAYERS, String.join(SEPARATOR, layers));
    }
    if (image.view().base() instanceof RootView.Directory directory) {
      record = record.withMetadata(ROOTFS, directory.rootfs().toString());
    }
    if (image.config().user().isPresent()) {
      record =
          record.withMetadata("image_user", "user, not the image's " + image.config().user().get());
    }
    return record;
  }

  private static String processLimit(Limits limits) {
    if (limits.processes().isPresent()) {
      return Integer.toString(limits.processes().getAsInt());
    }
    return limits.guestProcesses(LocalHost.countsProcessesByNamespace()).isPresent()
        ? Limits.DEFAULT_PROCESSES + ", by the user's own limit"
        : "none";
  }

  /** What built it; of one that is being made the default. */
  static SandboxRuntime runtime(SandboxRecord record) {
    String name = record.metadata().getOrDefault(RUNTIME, SandboxRuntime.BWRAP.program());
    return SandboxRuntime.of(RUNTIME, name);
  }

  static SandboxRecord withUid(SandboxRecord record, int uid) {
    return record.withMetadata(UID, Integer.toString(uid));
  }

  /** The host's user id of a sandbox that has one of its own. */
  static OptionalInt uid(SandboxRecord record) {
    int uid = Integer.parseInt(record.metadata().getOrDefault(UID, "-1"));
    return uid > 0 ? OptionalInt.of(uid) : OptionalInt.empty();
  }

  static SandboxCgroups cgroups(SandboxRecord record) {
    Map<String, Path> directories = new LinkedHashMap<>();
    record
        .metadata()
        .forEach((key, value) -> {
          if (key.startsWith(CGROUP)) {
            directories.put(key.substring(CGROUP.length()), Path.of(value));
          }
        });
    return new SandboxCgroups(directories);
  }

  /** The memory limit in force, default ones included. */
  static OptionalLong memoryLimit(SandboxRecord record) {
    String value = record.metadata().getOrDefault("memory_limit", "none");
    return value.equals("none") ? OptionalLong.empty() : OptionalLong.of(Long.parseLong(value));
  }

  /** Whether it stands on the files of a snapshot. */
  static boolean hasLayers(SandboxRecord record) {
    return record.metadata().containsKey(LAYERS);
  }

  /** What the sandbox started from. */
  static RootView view(SandboxRecord record) {
    String rootfs = record.metadata().get(ROOTFS);
    RootView base = rootfs == null ? new RootView.Host() : new RootView.Directory(Path.of(rootfs));
    String layers = record.metadata().get(LAYERS);
    return layers == null
        ? base
        : new RootView.Layered(
            base, List.of(layers.split(SEPARATOR)).stream().map(Path::of).toList());
  }

  /** Leaves what people can make use of. */
  static void hideInternals(Map<String, String> metadata) {
    metadata
        .keySet()
        .removeIf(key -> key.startsWith(CGROUP) || key.equals(LAYERS) || key.equals(ROOTFS));
  }
}
