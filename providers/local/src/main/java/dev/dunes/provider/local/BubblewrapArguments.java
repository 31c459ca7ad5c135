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
import java.util.List;
import java.util.Map;

/**
 * The arguments that make bubblewrap build one sandbox. The order matters: each mount is made over
 * those before it.
 */
final class BubblewrapArguments {
  /** Where the guest program is inside. */
  static final String GUEST = "/opt/dunes/dunes-guest";

  static final int USER = 1000;
  static final String HOME = "/home/user";
  static final String WORKSPACE = "/workspace";

  private static final String RELAYS = "/run/dunes/relay";
  private static final String TMP_BYTES = Long.toString(512L << 20);
  private static final String RUN_BYTES = Long.toString(16L << 20);
  private static final String SHM_BYTES = Long.toString(128L << 20);

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
  private static final List<String> HOST_ROOT = hostRoot();

  private static final List<String> HIDE_PROC = hideProc();

  private static final Map<String, String> ENVIRONMENT =
      Map.of(
          "PATH", HOME + "/.local/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
          "HOME", HOME,
          "USER", "user",
          "LOGNAME", "user",
          "LANG", "C.UTF-8",
          "SHELL", "/bin/sh");

  private final List<String> arguments = new ArrayList<>(160);

  List<String> toList() {
    return List.copyOf(arguments);
  }

  /**
   * The namespaces, and what commands find in their environment.
   *
   * @param env the image's variables
   */
  BubblewrapArguments isolation(String id, NetworkMode network, Map<String, String> env) {
    add("--unshare-all", "--unshare-user", "--disable-userns");
    if (network == NetworkMode.HOST) {
      add("--share-net");
    }
    add("--uid", Integer.toString(USER), "--gid", Integer.toString(USER), "--hostname", "sandbox");
    add("--new-session", "--as-pid-1", "--clearenv", "--setenv", "DUNES_SANDBOX", id);
    ENVIRONMENT.forEach((name, value) -> add("--setenv", name, value));
    env.forEach((name, value) -> add("--setenv", name, value));
    return this;
  }

  /** The host's programs and nothing else of it. */
  BubblewrapArguments hostRoot(Path etc) {
    arguments.addAll(HOST_ROOT);
    return readOnly(etc, "/etc");
  }

  BubblewrapArguments readOnly(Path source, String target) {
    return add("--ro-bind", source.toString(), target);
  }

  BubblewrapArguments writable(Path source, String target) {
    return add("--bind", source.toString(), target);
  }

  BubblewrapArguments limitedTmpfs(long bytes, String target) {
    return add("--size", Long.toString(bytes), "--tmpfs", target);
  }

  BubblewrapArguments kernelFiles() {
    add("--proc", "/proc").add("--dev", "/dev");
    arguments.addAll(HIDE_PROC);
    add("--perms", "1777", "--size", TMP_BYTES, "--tmpfs", "/tmp");
    add("--size", RUN_BYTES, "--tmpfs", "/run");
    add("--perms", "1777", "--size", SHM_BYTES, "--tmpfs", "/dev/shm");
    return add(
        "--remount-ro",
        "/dev"); // a tmpfs of half the machine's memory that belongs to the sandbox's user
  }

  /**
   * The guest program, and the host's sockets.
   *
   * @param relays where each socket is found
   */
  BubblewrapArguments guest(Path program, Map<HostRelay, Path> relays) {
    readOnly(program, GUEST);
    relays.forEach((relay, socket) ->
        readOnly(socket, relayInside(relay))); // can be connected to all the same, but not changed
    return this;
  }

  /**
   * What of the host the specification shows.
   *
   * @param mounts where each is found, by where it is shown
   */
  BubblewrapArguments mounts(Map<String, Path> mounts) {
    mounts.forEach((target, source) -> readOnly(source, target));
    return this;
  }

  static String relayInside(HostRelay relay) {
    return RELAYS + "/" + relay.port() + ".sock";
  }

  /** Makes the root itself read-only, once everything has its place in it. */
  BubblewrapArguments sealRoot() {
    return add("--remount-ro", "/");
  }

  BubblewrapArguments add(String... more) {
    arguments.addAll(List.of(more));
    return this;
  }

  private static List<String> hostRoot() {
    List<String> root = new ArrayList<>(List.of("--ro-bind", "/usr", "/usr"));
    for (String entry : ROOT_ENTRIES) {
      Path path = Path.of("/" + entry);
      if (Files.isSymbolicLink(path)) {
        root.addAll(List.of("--symlink", linkTarget(path), "/" + entry));
      } else if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
        root.addAll(List.of("--ro-bind", "/" + entry, "/" + entry));
      }
    }
    return List.copyOf(root);
  }

  private static List<String> hideProc() {
    List<String> hide = new ArrayList<>();
    for (String name : HIDDEN_FILES) {
      if (readableByAll(Path.of("/proc", name))) {
        hide.addAll(List.of("--ro-bind", "/dev/null", "/proc/" + name));
      }
    }
    for (String name : HIDDEN_DIRECTORIES) {
      if (Files.isDirectory(Path.of("/proc", name))) {
        hide.addAll(List.of("--size", "4096", "--perms", "0555", "--tmpfs", "/proc/" + name));
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
