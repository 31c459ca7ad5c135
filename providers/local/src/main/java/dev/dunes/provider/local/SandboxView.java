package dev.dunes.provider.local;

import dev.dunes.sandbox.HostRelay;
import dev.dunes.sandbox.NetworkMode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What one sandbox sees: its files, its variables, its network. Whatever runtime builds it, it is
 * the same; the order of its steps matters.
 */
final class SandboxView {
  /** Where the guest program is inside. */
  static final String GUEST = "/opt/dunes/dunes-guest";

  static final int USER = 1000;
  static final String HOME = "/home/user";
  static final String WORKSPACE = "/workspace";

  private static final String RELAYS = "/run/dunes/relay";
  private static final long TMP_BYTES = 512L << 20;
  private static final long RUN_BYTES = 16L << 20;
  private static final long SHM_BYTES = 128L << 20;

  /** What of the host's root the host view shows, besides /usr: on merged systems links into it. */
  private static final List<String> ROOT_ENTRIES =
      List.of("bin", "sbin", "lib", "lib32", "lib64", "libx32");

  /**
   * Files of /proc that tell about other tenants of the kernel; hidden where they can be read at
   * all.
   */
  private static final List<String> HIDDEN_FILES =
      List.of(
          "kcore", "keys", "key-users", "timer_list", "sched_debug", "latency_stats", "interrupts");

  private static final List<String> HIDDEN_DIRECTORIES = List.of("acpi", "scsi", "asound");

  /** Found once, as the next: the host's root and /proc do not change while we run. */
  private static final List<ViewStep> HOST_ROOT = findHostRoot();

  private static final List<ViewStep> HIDE_PROC = findHidden();

  private static final Map<String, String> ENVIRONMENT =
      Map.of(
          "PATH", HOME + "/.local/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
          "HOME", HOME,
          "USER", "user",
          "LOGNAME", "user",
          "LANG", "C.UTF-8",
          "SHELL", "/bin/sh");

  private final NetworkMode network;
  private final Map<String, String> environment;
  private final List<ViewStep> steps = new ArrayList<>(40);

  /**
   * @param id of the sandbox
   * @param env the image's variables
   */
  SandboxView(String id, NetworkMode network, Map<String, String> env) {
    this.network = network;
    this.environment = new LinkedHashMap<>(ENVIRONMENT);
    this.environment.put("DUNES_SANDBOX", id);
    this.environment.putAll(env);
  }

  NetworkMode network() {
    return network;
  }

  /** What commands find in their environment. */
  Map<String, String> environment() {
    return environment;
  }

  List<ViewStep> steps() {
    return steps;
  }

  /** The host's programs and nothing else of it. */
  void hostRoot(Path etc) {
    steps.addAll(HOST_ROOT);
    readOnly(etc, "/etc", true);
  }

  void readOnlyFile(Path source, String target) {
    readOnly(source, target, false);
  }

  void readOnly(Path source, String target, boolean directory) {
    steps.add(new ViewStep.Bind(source, target, directory, false));
  }

  /** A directory. */
  void writable(Path source, String target) {
    steps.add(new ViewStep.Bind(source, target, true, true));
  }

  void limitedMemory(long bytes, String target) {
    steps.add(new ViewStep.Memory(target, bytes, false));
  }

  void link(String leadsTo, String path) {
    steps.add(new ViewStep.Link(leadsTo, path));
  }

  void directory(String path) {
    steps.add(new ViewStep.Directory(path));
  }

  void kernelFiles() {
    steps.add(new ViewStep.Processes());
    steps.add(new ViewStep.Devices());
    steps.addAll(HIDE_PROC);
    steps.add(new ViewStep.Memory("/tmp", TMP_BYTES, true));
    steps.add(new ViewStep.Memory("/run", RUN_BYTES, false));
    steps.add(new ViewStep.Memory("/dev/shm", SHM_BYTES, true));
    // a tmpfs of half the machine's memory that belongs to the sandbox's user
    steps.add(new ViewStep.Sealed("/dev"));
  }

  /**
   * The guest program, and the host's sockets.
   *
   * @param relays where each socket is found
   */
  void guest(Path program, Map<HostRelay, Path> relays) {
    readOnlyFile(program, GUEST);
    // can be connected to all the same, but not changed
    relays.forEach((relay, socket) -> {
      if (relay.lasting()) {
        readOnly(socket, RELAYS + "/" + relay.port(), true);
      } else {
        readOnlyFile(socket, relayInside(relay));
      }
    });
  }

  void bootId(Path source) {
    steps.add(new ViewStep.BootId(source));
  }

  static String relayInside(HostRelay relay) {
    return relay.lasting()
        ? RELAYS + "/" + relay.port() + "/" + relay.socket().getFileName()
        : RELAYS + "/" + relay.port() + ".sock";
  }

  /** Makes the root itself read-only, once everything has its place in it. */
  void sealRoot() {
    steps.add(new ViewStep.Sealed("/"));
  }

  private static List<ViewStep> findHostRoot() {
    List<ViewStep> root = new ArrayList<>();
    root.add(new ViewStep.Bind(Path.of("/usr"), "/usr", true, false));
    for (String entry : ROOT_ENTRIES) {
      Path path = Path.of("/" + entry);
      if (Files.isSymbolicLink(path)) {
        root.add(new ViewStep.Link(linkTarget(path), "/" + entry));
      } else if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
        root.add(new ViewStep.Bind(path, "/" + entry, true, false));
      }
    }
    return List.copyOf(root);
  }

  private static List<ViewStep> findHidden() {
    List<ViewStep> hide = new ArrayList<>();
    for (String name : HIDDEN_FILES) {
      if (readableByAll(Path.of("/proc", name))) {
        hide.add(new ViewStep.Hidden("/proc/" + name, false));
      }
    }
    for (String name : HIDDEN_DIRECTORIES) {
      if (Files.isDirectory(Path.of("/proc", name))) {
        hide.add(new ViewStep.Hidden("/proc/" + name, true));
      }
    }
    return List.copyOf(hide);
  }

  private static boolean readableByAll(Path path) {
    try {
      return Files.getPosixFilePermissions(path).contains(PosixFilePermission.OTHERS_READ);
    } catch (IOException e) {
      return false; // this kernel does not have it
    }
  }

  private static String linkTarget(Path link) {
    try {
      return Files.readSymbolicLink(link).toString();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + link, e);
    }
  }
}
