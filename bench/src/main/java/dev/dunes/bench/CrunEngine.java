package dev.dunes.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import tools.jackson.databind.json.JsonMapper;

/**
 * crun with a bundle a container: the host's programs bound read-only, all namespaces, a filter,
 * cgroups with the same limits.
 */
final class CrunEngine implements Engine, AutoCloseable {
  static final String NAME = "crun";
  private static final int FIRST_ID = 1_900_000_000;
  private static final int IDS = 65_536;
  private static final AtomicInteger NUMBER = new AtomicInteger();
  private static final List<String> ROOT =
      List.of("usr", "etc", "proc", "dev", "tmp", "run", "workspace", "home/user");
  private static final List<String> LINKS = List.of("bin", "sbin", "lib", "lib32", "lib64");
  private static final List<String> REFUSED =
      List.of(
          "acct",
          "add_key",
          "bpf",
          "clock_settime",
          "delete_module",
          "finit_module",
          "fsconfig",
          "fsmount",
          "fsopen",
          "fspick",
          "init_module",
          "io_uring_enter",
          "io_uring_register",
          "io_uring_setup",
          "kcmp",
          "kexec_file_load",
          "kexec_load",
          "keyctl",
          "lookup_dcookie",
          "mount",
          "mount_setattr",
          "move_mount",
          "name_to_handle_at",
          "open_by_handle_at",
          "open_tree",
          "perf_event_open",
          "pivot_root",
          "process_vm_readv",
          "process_vm_writev",
          "ptrace",
          "quotactl",
          "reboot",
          "request_key",
          "setdomainname",
          "sethostname",
          "setns",
          "settimeofday",
          "swapoff",
          "swapon",
          "syslog",
          "umount2",
          "unshare",
          "userfaultfd",
          "vhangup");

  private final Path program;
  private final Path home;
  private final Path etc;
  private final ProviderShape shape;
  private final Path rootfs;
  private final ShellPool shells = new ShellPool();

  private CrunEngine(Path program, Path home, Path etc, ProviderShape shape) throws IOException {
    this.program = program;
    this.home = Trees.directory(home, "rwx--x--x");
    this.etc = etc;
    this.shape = shape;
    this.rootfs = Trees.directory(home.resolve("rootfs"), "rwxr-xr-x");
    for (String directory : ROOT) {
      Files.createDirectories(rootfs.resolve(directory));
    }
    for (String link : LINKS) {
      if (Files.isSymbolicLink(Path.of("/" + link))) {
        Files.createSymbolicLink(rootfs.resolve(link), Files.readSymbolicLink(Path.of("/" + link)));
      }
    }
  }

  /**
   * Empty, with the reason in the notes, where crun is not installed or does not start a container.
   *
   * @param etc what containers see as /etc
   */
  static Optional<CrunEngine> find(Path home, Path etc, ProviderShape shape, List<String> notes)
      throws IOException, InterruptedException {
    Optional<Path> program = Programs.find("crun");
    if (program.isEmpty()) {
      notes.add("crun: not installed, left out");
      return Optional.empty();
    }
    CrunEngine engine = new CrunEngine(program.get(), home, etc, shape);
    try {
      engine.runTrue().remove();
      return Optional.of(engine);
    } catch (IOException e) {
      engine.close();
      notes.add("crun: left out, it does not start a container here: " + e.getMessage());
      return Optional.empty();
    }
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String description() {
    return "`crun run`, a bundle with the host's `/usr`, the same namespaces and limits, about 45 system calls refused by libseccomp; started by a resident shell, where the version 2 cgroups of a hybrid host, which crun refuses, are not mounted";
  }

  @Override
  public Remains runTrue() throws IOException {
    Container container = new Container("/bin/true");
    shells.run(container.crun("run -b " + container.bundle + " " + container.id));
    return container.bundleOnly();
  }

  @Override
  public Live open() throws IOException {
    Container container = new Container("/bin/sleep", "1800");
    shells.run(
        container.crun(
                "run -d -b "
                    + container.bundle
                    + " --pid-file "
                    + container.bundle
                    + "/pid "
                    + container.id)
            + " >/dev/null 2>&1");
    return container;
  }

  @Override
  public void close() throws IOException {
    shells.close();
  }

  private final class Container implements Live {
    private final String id;
    private final Path bundle;

    Container(String... arguments) throws IOException {
      Stop.check();
      int number = NUMBER.incrementAndGet();
      this.id = BubblewrapEngine.cgroupPrefix() + "crun" + number;
      this.bundle = Trees.directory(home.resolve("bundle" + number), "rwx--x--x");
      for (String own : List.of("home", "workspace")) {
        Trees.own(Files.createDirectory(bundle.resolve(own)), FIRST_ID + 1000);
      }
      Files.writeString(
          bundle.resolve("config.json"),
          JsonMapper.shared().writeValueAsString(config(List.of(arguments))));
    }

    String crun(String rest) {
      return program + " --cgroup-manager=cgroupfs --root " + home + "/state " + rest;
    }

    @Override
    public void exec() throws IOException {
      shells.run(crun("exec --user 1000:1000 " + id + " /bin/true"));
    }

    @Override
    public Collection<Long> processes(ProcessTable table) throws IOException {
      return table.trees(List.of(Long.parseLong(Files.readString(bundle.resolve("pid")).strip())));
    }

    @Override
    public void remove() throws IOException {
      shells.run(crun("delete -f " + id));
      Trees.delete(bundle);
    }

    /** For containers that have ended and that crun has removed itself. */
    Remains bundleOnly() {
      return () -> Trees.delete(bundle);
    }

    /** OCI runtime specification 1.0, config.md and config-linux.md. */
    private Map<String, Object> config(List<String> arguments) {
      List<Map<String, Object>> mounts =
          List.of(
              bind(Path.of("/usr"), "/usr", "ro"),
              bind(etc, "/etc", "ro"),
              bind(bundle.resolve("home"), "/home/user", "rw"),
              bind(bundle.resolve("workspace"), "/workspace", "rw"),
              Map.of("destination", "/proc", "type", "proc", "source", "proc"),
              tmpfs("/dev", "mode=755", "size=65536k"),
              tmpfs("/dev/shm", "mode=1777", "size=128m"),
              tmpfs("/tmp", "mode=1777", "size=512m"),
              tmpfs("/run", "mode=755", "size=16m"));
      Map<String, Object> noCapabilities = new TreeMap<>();
      for (String set : List.of("bounding", "effective", "inheritable", "permitted", "ambient")) {
        noCapabilities.put(set, List.of());
      }
      return Map.of(
          "ociVersion",
          "1.0.0",
          "root",
          Map.of("path", rootfs.toString(), "readonly", true),
          "hostname",
          "sandbox",
          "mounts",
          mounts,
          "process",
          Map.of(
              "terminal",
              false,
              "user",
              Map.of("uid", 1000, "gid", 1000),
              "args",
              arguments,
              "cwd",
              "/",
              "env",
              List.of("PATH=/usr/bin:/bin", "HOME=/home/user"),
              "capabilities",
              noCapabilities,
              "noNewPrivileges",
              true),
          "linux",
          linux());
    }

    private Map<String, Object> linux() {
      List<Map<String, Object>> ids =
          List.of(Map.of("containerID", 0, "hostID", FIRST_ID, "size", IDS));
      List<Map<String, String>> namespaces =
          List.of("pid", "network", "ipc", "uts", "mount", "user", "cgroup").stream()
              .map(type -> Map.of("type", type))
              .toList();
      return Map.of(
          "cgroupsPath",
          "/" + id,
          "resources",
          resources(),
          "uidMappings",
          ids,
          "gidMappings",
          ids,
          "namespaces",
          namespaces,
          "seccomp",
          Map.of(
              "defaultAction",
              "SCMP_ACT_ALLOW",
              "syscalls",
              List.of(Map.of("names", REFUSED, "action", "SCMP_ACT_ERRNO"))),
          "maskedPaths",
          List.of("/proc/keys", "/proc/timer_list", "/proc/kcore", "/proc/interrupts"),
          "readonlyPaths",
          List.of("/proc/sys"));
    }

    private Map<String, Object> resources() {
      Map<String, Object> resources = new TreeMap<>();
      for (Map<String, String> limits : shape.cgroups().values()) {
        String memory =
            limits.getOrDefault("memory.limit_in_bytes", limits.getOrDefault("memory.max", "max"));
        if (!memory.equals("max")) {
          resources.put("memory", Map.of("limit", Long.parseLong(memory)));
        }
        String pids = limits.getOrDefault("pids.max", "max");
        if (!pids.equals("max")) {
          resources.put("pids", Map.of("limit", Long.parseLong(pids)));
        }
      }
      return resources;
    }
  }

  private static Map<String, Object> bind(Path source, String destination, String mode) {
    return Map.of(
        "destination",
        destination,
        "type",
        "bind",
        "source",
        source.toString(),
        "options",
        List.of("bind", mode, "nosuid", "nodev"));
  }

  private static Map<String, Object> tmpfs(String destination, String... options) {
    return Map.of(
        "destination",
        destination,
        "type",
        "tmpfs",
        "source",
        "tmpfs",
        "options",
        List.of(options));
  }
}
