package dev.dunes.provider.local;

import static java.util.Objects.requireNonNull;

import dev.dunes.sandbox.NetworkMode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import tools.jackson.databind.ObjectMapper;

/**
 * A sandbox as OCI runtimes want it: a directory with {@code config.json} (runtime specification
 * 1.0) and {@code rootfs}, a skeleton of mount points and links. The runtime itself runs as the
 * sandbox's user id, without rights, as bubblewrap does.
 */
final class OciBundle {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** What of /proc bubblewrap covers by itself. */
  private static final List<String> READ_ONLY =
      List.of("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger");

  private static final List<String> CAPABILITY_SETS =
      List.of("bounding", "effective", "inheritable", "permitted", "ambient");

  /**
   * Without it a process that is user 0 may not give itself another number (user_namespaces(7),
   * since Linux 5.12); the guest does so first of all, and has none from then on.
   */
  private static final List<String> GIVEN_FIRST = List.of("bounding", "effective", "permitted");

  private final SandboxView view;
  private final SandboxRuntime runtime;
  private final SandboxPaths paths;
  private final int uid;
  private final List<Map<String, Object>> mounts = new ArrayList<>();
  private final List<String> masked = new ArrayList<>();

  /** Where something is mounted already: mount points below are the runtime's to make. */
  private final List<String> mounted = new ArrayList<>();

  private Path root;
  private final boolean skeleton;

  /**
   * @param uid the host's user id for the sandbox
   */
  OciBundle(SandboxView view, SandboxRuntime runtime, SandboxPaths paths, int uid) {
    this.view = view;
    this.runtime = runtime;
    this.paths = paths;
    this.uid = uid;
    Optional<Path> whole =
        view.steps().stream()
            .flatMap(step ->
                step instanceof ViewStep.Bind bind && bind.target().equals("/")
                    ? Stream.of(bind.source())
                    : Stream.empty())
            .findFirst();
    this.skeleton = whole.isEmpty();
    this.root = whole.orElse(paths.bundle().resolve("rootfs"));
  }

  /**
   * Writes it.
   *
   * @param program what becomes process 1
   */
  void write(List<String> program) throws IOException {
    open(Files.createDirectories(paths.bundle()), "rwxr-x---", 0);
    open(Files.createDirectories(paths.runtimeState()), "rwx------", uid);
    if (skeleton) {
      open(Files.createDirectories(root), "rwxr-xr-x", 0);
    }
    for (ViewStep step : view.steps()) {
      take(step);
    }
    Path config = paths.bundle().resolve("config.json");
    Files.write(config, JSON.writeValueAsBytes(config(program)));
    open(config, "rw-r-----", 0);
  }

  /** For the sandbox's group, and perhaps for its user. */
  private void open(Path path, String mode, int owner) throws IOException {
    if (uid > 0) {
      Files.setAttribute(path, "unix:gid", uid);
      Files.setAttribute(path, "unix:uid", owner);
    }
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(mode));
  }

  private void take(ViewStep step) throws IOException {
    switch (step) {
      case ViewStep.Bind bind -> bind(bind);
      case ViewStep.Link link -> {
        Path path = inSkeleton(link.path());
        Files.createDirectories(requireNonNull(path.getParent()));
        Files.createSymbolicLink(path, Path.of(link.leadsTo()));
      }
      case ViewStep.Directory directory -> Files.createDirectories(inSkeleton(directory.path()));
      case ViewStep.Memory memory -> {
        String mode = memory.everyone() ? "mode=1777" : "mode=0755";
        if (memory.everyone() && free(memory.path())) { // runc gives it the mount point's mode
          point(memory.path(), true);
          Files.setAttribute(inSkeleton(memory.path()), "unix:mode", 01777);
        }
        mount(memory.path(), "tmpfs", "tmpfs", "nosuid", "nodev", mode, "size=" + memory.bytes());
      }
      case ViewStep.Processes ignored ->
          mount("/proc", "proc", "proc", "nosuid", "nodev", "noexec");
      case ViewStep.Devices ignored -> {
        mount("/dev", "tmpfs", "tmpfs", "nosuid", "noexec", "mode=0755", "size=65536", "ro");
        mount(
            "/dev/pts",
            "devpts",
            "devpts",
            "nosuid",
            "noexec",
            "newinstance",
            "ptmxmode=0666",
            "mode=0620");
      }
      case ViewStep.Hidden hidden -> masked.add(hidden.path());
      case ViewStep.BootId ignored -> {}
      case ViewStep.Sealed ignored -> {} // the root by "readonly", /dev by its option
    }
  }

  private void bind(ViewStep.Bind bind) throws IOException {
    if (bind.target().equals("/")) {
      return;
    }
    if (free(bind.target())) {
      point(bind.target(), bind.directory());
    }
    String mode = bind.writable() ? "rw" : "ro";
    mount(bind.target(), "bind", bind.source().toString(), "rbind", "nosuid", "nodev", mode);
  }

  private void mount(String target, String type, String source, String... options)
      throws IOException {
    if (free(target)) {
      point(target, true);
    }
    mounted.add(target);
    Map<String, Object> mount = new LinkedHashMap<>();
    mount.put("destination", target);
    mount.put("type", type);
    mount.put("source", source);
    mount.put("options", List.of(options));
    mounts.add(mount);
  }

  private boolean free(String target) {
    return skeleton && mounted.stream().noneMatch(above -> target.startsWith(above + "/"));
  }

  private void point(String target, boolean directory) throws IOException {
    Path path = inSkeleton(target);
    if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    if (directory) {
      Files.createDirectories(path);
    } else {
      Files.createDirectories(requireNonNull(path.getParent()));
      Files.createFile(path);
    }
  }

  private Path inSkeleton(String path) {
    return root.resolve(path.substring(1));
  }

  private Map<String, Object> config(List<String> program) {
    Map<String, Object> config = new LinkedHashMap<>();
    config.put("ociVersion", "1.0.2");
    config.put("hostname", "sandbox");
    config.put("root", Map.of("path", root.toString(), "readonly", true));
    config.put("process", process(program));
    config.put("mounts", mounts);
    config.put("linux", linux());
    return config;
  }

  private Map<String, Object> process(List<String> program) {
    Map<String, List<String>> capabilities = new LinkedHashMap<>();
    CAPABILITY_SETS.forEach(set -> capabilities.put(set, List.of()));
    if (runtime.user() == 0) {
      GIVEN_FIRST.forEach(set -> capabilities.put(set, List.of("CAP_SETFCAP")));
    }
    Map<String, Object> process = new LinkedHashMap<>();
    process.put("terminal", false);
    process.put("user", Map.of("uid", runtime.user(), "gid", runtime.user()));
    process.put("args", program);
    process.put(
        "env",
        view.environment().entrySet().stream()
            .map(each -> each.getKey() + "=" + each.getValue())
            .toList());
    process.put("cwd", "/");
    process.put("noNewPrivileges", true);
    process.put("capabilities", capabilities);
    return process;
  }

  private Map<String, Object> linux() {
    List<String> namespaces =
        new ArrayList<>(List.of("pid", "ipc", "uts", "mount", "cgroup", "user"));
    if (view.network() != NetworkMode.HOST) {
      namespaces.add("network");
    }
    int host = uid > 0 ? uid : OwnIds.uid();
    int hostGroup = uid > 0 ? uid : OwnIds.gid();
    Map<String, Object> linux = new LinkedHashMap<>();
    linux.put("namespaces", namespaces.stream().map(type -> Map.of("type", type)).toList());
    linux.put("uidMappings", List.of(mapping(host)));
    linux.put("gidMappings", List.of(mapping(hostGroup)));
    linux.put("maskedPaths", masked);
    linux.put(
        "readonlyPaths", READ_ONLY.stream().filter(path -> Files.exists(Path.of(path))).toList());
    return linux;
  }

  private Map<String, Object> mapping(int host) {
    return Map.of("containerID", runtime.user(), "hostID", host, "size", 1);
  }
}
