package dev.dunes.provider.local.abuse;

import dev.dunes.sandbox.Sandbox;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Everything a process can attempt at once and without lasting effect, attempted in a sandbox and
 * where nothing holds it back. Used in this JVM and in one of another user.
 */
final class Confinement implements AutoCloseable {
  /** Where the attempt must work for its denial inside to mean anything. */
  private enum Control {
    /** On the host, as the user who runs the tests. */
    HOST,
    /** The same in namespaces of its own, so that the host stays as it is. */
    PRIVATE,
    /** The same, where this user can; else the allowed sibling, inside. */
    PRIVATE_OR_SIBLING,
    /** On the host if this machine has what it takes; else the allowed sibling, inside. */
    HOST_OR_SIBLING,
    /** Only the allowed sibling, inside: this machine may not have the thing at all. */
    SIBLING
  }

  private record Item(String probe, Control control, String sibling) {}

  /** An attempt inside and the control of it. */
  record Outcome(String probe, Answer inside, String control, Answer outside) {}

  /** A probe that works for everyone everywhere. */
  private static final String ALLOWED = "write_own_name";

  private static final List<Item> ITEMS =
      List.of(
          // files
          host("read_file"),
          ifRoot("read_shadow"),
          host("list_directory"),
          ifRoot("list_root_home"),
          host("list_var"),
          host("list_sys"),
          host("through_own_root"),
          host("find_marker"),
          ifRoot("open_by_handle"),
          // other processes
          host("see_process"),
          host("signal_process"),
          host("see_environment"),
          host("ptrace_child"),
          host("ptrace_traceme"),
          host("ptrace_process"),
          host("vm_readv_child"),
          host("pidfd_getfd_child"),
          hostOr("kcmp_child", ALLOWED),
          host("proc_environ"),
          host("proc_maps"),
          host("proc_mem"),
          host("proc_fds"),
          host("proc_root"),
          // namespaces and mounts
          alone("mount_tmpfs"),
          alone("mount_bind"),
          alone("umount"),
          alone("pivot_root"),
          alone("open_tree"),
          alone("fsopen"),
          alone("move_mount"),
          alone("mount_setattr"),
          alone("chroot"),
          alone("unshare_mounts"),
          alone("unshare_network"),
          alone("clone_pid"),
          alone("setns"),
          alone("sethostname"),
          host("unshare_user"),
          host("clone_user"),
          host("clone3_user"),
          alonePrivileged("remount_writable"),
          // rights
          alone("capabilities"),
          host("may_gain_privileges"),
          host("unfiltered"),
          alone("become_root"),
          alonePrivileged("set_groups"),
          alonePrivileged("raise_priority"),
          sibling("lower_oom_score", "raise_oom_score"),
          host("setuid_su"),
          // the kernel
          ifRoot("write_core_pattern"),
          alonePrivileged("write_hostname"),
          alonePrivileged("write_ip_forward"),
          ifRoot("write_drop_caches"),
          sibling("write_sysrq", ALLOWED),
          ifRoot("read_kmsg"),
          alonePrivileged("read_kernel_log"),
          hostOr("read_keys", ALLOWED),
          alonePrivileged("read_timers"),
          alonePrivileged("make_device"),
          alonePrivileged("make_disk"),
          alonePrivileged("bpf"),
          host("keyctl"),
          host("add_key"),
          host("request_key"),
          alonePrivileged("perf"),
          alonePrivileged("userfaultfd"),
          host("io_uring"),
          alonePrivileged("fanotify"),
          host("personality"),
          hostOr("terminal_input", "terminal_size"),
          hostOr("terminal_input_high_bits", "terminal_size"),
          sibling("console_selection", "terminal_size"),
          // the network
          alone("packet_socket"),
          alone("raw_socket"),
          alone("raw_socket_6"),
          hostOr("vsock", "unix_socket"),
          hostOr("crypto_socket", "unix_socket"),
          alone("change_addresses"),
          hostOr("interfaces", "route_loopback"),
          host("connect_tcp"),
          hostOr("route", "route_loopback"),
          host("connect_abstract"),
          host("connect_path"),
          host("service_sockets"));

  /** Only where processors know them. */
  private static final List<Item> X86 =
      List.of(hostOr("calls_32_bit", "calls_64_bit"), sibling("calls_x32", "calls_64_bit"));

  private static Item host(String probe) {
    return new Item(probe, Control.HOST, ALLOWED);
  }

  /** Works on the host for root; for others the host's own rules deny it too. */
  private static Item ifRoot(String probe) {
    return new Item(probe, Ground.root() ? Control.HOST : Control.SIBLING, ALLOWED);
  }

  private static Item alone(String probe) {
    return new Item(probe, Control.PRIVATE, ALLOWED);
  }

  private static Item alonePrivileged(String probe) {
    return new Item(probe, Ground.root() ? Control.PRIVATE : Control.PRIVATE_OR_SIBLING, ALLOWED);
  }

  private static Item hostOr(String probe, String sibling) {
    return new Item(probe, Control.HOST_OR_SIBLING, sibling);
  }

  private static Item sibling(String probe, String sibling) {
    return new Item(probe, Control.SIBLING, sibling);
  }

  private final Ground ground;
  private final Path secret;
  private final Process listener;
  private final ServerSocket service;
  private final Map<String, Object> settings = new HashMap<>();

  Confinement(Ground ground) throws IOException {
    this.ground = ground;
    this.secret = Files.createDirectory(ground.base().resolve("host")).resolve(ground.marker);
    Files.writeString(secret, "a secret of the host");
    Files.setPosixFilePermissions(
        secret,
        PosixFilePermissions.fromString("rw-r--r--")); // it is the sandbox that must hide it
    this.service = new ServerSocket();
    service.bind(new InetSocketAddress((InetAddress) null, 0), 512);
    settings.put("marker", ground.marker);
    settings.put("abstract", ground.marker);
    settings.put("socket", ground.base().resolve("host/socket").toString());
    this.listener = ground.listener(settings, Map.of());
    settings.put("file", secret.toString());
    settings.put("directory", secret.getParent().toString());
    settings.put("port", service.getLocalPort());
    settings.put("addresses", addresses());
    settings.put("address", "169.254.169.254");
    settings.put(
        "sockets",
        List.of(
            "/var/run/docker.sock",
            "/run/docker.sock",
            "/run/containerd",
            "/run/podman",
            "/run/dbus",
            "/run/user",
            "/run/systemd",
            "/var/run/dbus/system_bus_socket",
            ground.base().resolve("host/socket").toString()));
    settings.put("pids", List.of("self", "1"));
    settings.put("pid", Long.toString(listener.pid()));
  }

  /** Every address of this machine. */
  private static List<String> addresses() throws IOException {
    Set<String> found = new LinkedHashSet<>(List.of("127.0.0.1", "::1"));
    for (NetworkInterface each : NetworkInterface.networkInterfaces().toList()) {
      each.inetAddresses()
          .map(InetAddress::getHostAddress)
          .filter(address -> !address.startsWith("fe80"))
          .forEach(found::add);
    }
    return List.copyOf(found);
  }

  /** Attempts it all. */
  List<Outcome> attempt() {
    List<Item> items = new ArrayList<>(ITEMS);
    if (System.getProperty("os.arch", "").equals("amd64")) {
      items.addAll(X86);
    }
    Map<String, Answer> inside = inside(items);
    Map<String, Answer> host = onHost(items);
    Map<String, Answer> alone = alone(items);
    List<Outcome> outcomes = new ArrayList<>();
    for (Item item : items) {
      Answer sibling = answer(inside, item.sibling);
      outcomes.add(
          switch (item.control) {
            case HOST -> outcome(item, inside, "on the host", answer(host, item.probe));
            case PRIVATE ->
                outcome(item, inside, "in namespaces of its own", answer(alone, item.probe));
            case PRIVATE_OR_SIBLING -> either(item, inside, answer(alone, item.probe), sibling);
            case HOST_OR_SIBLING -> either(item, inside, answer(host, item.probe), sibling);
            case SIBLING -> outcome(item, inside, item.sibling + " inside", sibling);
          });
    }
    return outcomes;
  }

  private static Outcome either(
      Item item, Map<String, Answer> inside, Answer first, Answer sibling) {
    return first.open()
        ? outcome(item, inside, "on the host", first)
        : outcome(item, inside, item.sibling + " inside", sibling);
  }

  private static Outcome outcome(
      Item item, Map<String, Answer> inside, String control, Answer outside) {
    return new Outcome(item.probe, answer(inside, item.probe), control, outside);
  }

  private static Answer answer(Map<String, Answer> answers, String probe) {
    return answers.getOrDefault(probe, new Answer(Answer.Verdict.ERROR, "no answer"));
  }

  private Map<String, Answer> inside(List<Item> items) {
    Map<String, Object> here = new HashMap<>(settings);
    here.put("marker", ground.marker);
    Map<String, Answer> answers;
    try (Sandbox sandbox = ground.create()) {
      answers = new LinkedHashMap<>(ground.inside(sandbox, here, withSiblings(items)));
      // what the guest and the supervisor of the command itself show, rather than a process of the
      // host
      for (String pid : List.of("1", "parent")) {
        here.put("pid", pid);
        List<String> own =
            List.of(
                "ptrace_process", "proc_environ", "proc_maps", "proc_mem", "proc_fds", "proc_root");
        ground
            .inside(sandbox, here, own)
            .forEach(
                (probe, answer) -> answers.merge(probe, answer, (a, b) -> b.refused() ? a : b));
      }
      here.put("marker", environmentCanary());
      answers.putAll(ground.inside(sandbox, here, List.of("see_environment")));
    }
    return answers;
  }

  private Map<String, Answer> onHost(List<Item> items) {
    Map<String, Object> here = new HashMap<>(settings);
    here.put("scratch", scratch());
    here.put("top", ground.base().toString());
    List<String> probes = new ArrayList<>();
    for (Item item : items) {
      if (item.control == Control.HOST || item.control == Control.HOST_OR_SIBLING) {
        probes.add(item.probe);
      }
    }
    Map<String, Answer> answers = new LinkedHashMap<>(ground.outside(List.of(), here, probes));
    here.put("marker", environmentCanary());
    answers.putAll(ground.outside(List.of(), here, List.of("see_environment")));
    if (Ground.root()) { // to become root one must not be root before
      answers.putAll(ground.outside(Ground.as(65_533), here, List.of("setuid_su")));
    }
    return answers;
  }

  private Map<String, Answer> alone(List<Item> items) {
    List<String> unshare = new ArrayList<>(List.of("unshare"));
    if (!Ground.root()) {
      unshare.addAll(List.of("--user", "--map-root-user"));
    }
    unshare.addAll(
        List.of(
            "--mount", "--net", "--uts", "--ipc", "--cgroup", "--pid", "--fork", "--mount-proc"));
    Map<String, Object> here = new HashMap<>(settings);
    here.put("scratch", scratch());
    List<String> probes = new ArrayList<>();
    for (Item item : items) {
      if (item.control == Control.PRIVATE || item.control == Control.PRIVATE_OR_SIBLING) {
        probes.add(item.probe);
      }
    }
    probes.sort(
        Comparator.comparing(
            probe -> probe.equals("pivot_root") || probe.equals("umount"))); // these leave no /proc
    return ground.outside(unshare, here, probes);
  }

  private static List<String> withSiblings(List<Item> items) {
    Set<String> probes = new LinkedHashSet<>();
    for (Item item : items) {
      probes.add(item.probe);
      probes.add(item.sibling);
    }
    return List.copyOf(probes);
  }

  private String scratch() {
    try {
      return Files.createTempDirectory(ground.base(), "scratch").toString();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /** A variable of this JVM's environment that no sandbox sets itself: the longest one. */
  private static String environmentCanary() {
    return System.getenv().entrySet().stream()
        .filter(entry ->
            !Set.of("PATH", "HOME", "USER", "LOGNAME", "LANG", "SHELL", "PWD")
                .contains(entry.getKey()))
        .map(entry -> entry.getKey() + "=" + entry.getValue())
        .max(Comparator.comparingInt(String::length))
        .orElseThrow(() -> new IllegalStateException("this JVM has no environment"));
  }

  @Override
  public void close() throws IOException {
    listener.destroyForcibly();
    service.close();
  }
}
