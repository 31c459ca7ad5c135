package dev.dunes.provider.local;

import static java.util.stream.Collectors.joining;

import dev.dunes.guest.GuestBinary;
import dev.dunes.guest.SandboxStore;
import dev.dunes.sandbox.IsolationTier;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.spi.Check;
import dev.dunes.sandbox.spi.ProviderSettings;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Looks at everything sandboxes need on this machine. Makes nothing but a bubblewrap that runs
 * {@code true}.
 */
final class Diagnosis {
  private static final long LITTLE_SPACE = 1L << 30;

  private final ProviderSettings settings;
  private final LocalHost host;

  Diagnosis(ProviderSettings settings) {
    this.settings = settings;
    this.host =
        LocalHost.detect(settings.environment(), LocalSandboxProviderFactory.runtime(settings));
  }

  List<Check> checks() {
    List<Check> checks = new ArrayList<>();
    checks.add(UserNamespaces.check());
    if (host.bubblewrap().isPresent() || host.runtimes().preferred() == SandboxRuntime.BWRAP) {
      checks.addAll(new BubblewrapCheck(host).checks());
    }
    checks.add(systemCallFilter());
    checks.add(guest());
    checks.add(stateDirectory());
    checks.add(limits());
    checks.add(diskLimits());
    checks.add(volumes());
    checks.add(forks());
    checks.add(pausing());
    checks.add(userIds());
    checks.add(
        Check.ok(
            "isolation",
            "tier '%s'; no network unless asked for"
                .formatted(IsolationTier.NAMESPACE.wireName())));
    checks.add(runtimes());
    return List.copyOf(checks);
  }

  private static Check systemCallFilter() {
    String name = "system call filter";
    if (!LocalHost.supportedArchitecture()) {
      return Check.fail(
          name,
          "no list of system calls for " + GuestBinary.architecture(),
          "use a machine with x86_64 or aarch64");
    }
    return Files.exists(Path.of("/proc/sys/kernel/seccomp/actions_avail"))
        ? Check.ok(name, "seccomp filters; those of another architecture are killed")
        : Check.fail(
            name, "this kernel has no seccomp filters", "use a kernel with CONFIG_SECCOMP_FILTER");
  }

  private static Check guest() {
    try {
      byte[] program = GuestBinary.read(GuestBinary.architecture());
      return Check.ok(
          "guest", "linux-%s, %d KiB".formatted(GuestBinary.architecture(), program.length >> 10));
    } catch (SandboxException e) {
      return Check.fail(
          "guest",
          String.valueOf(e.getMessage()),
          "build Dunes on this architecture, or use a remote provider");
    }
  }

  private Check stateDirectory() {
    String name = "state directory";
    Path path = SandboxStore.stateRoot(settings);
    String remedy = "set DUNES_STATE to a short path on a disk with space that you can write to";
    Path existing = path;
    while (!Files.isDirectory(existing) && existing.getParent() != null) {
      existing = existing.getParent();
    }
    try {
      FileStore store = Files.getFileStore(existing);
      String detail =
          "%s, %s, %d MiB free".formatted(path, store.type(), store.getUsableSpace() >> 20);
      if (!Files.isWritable(existing)) {
        return Check.fail(name, detail + ", cannot be written", remedy);
      }
      return store.getUsableSpace() < LITTLE_SPACE
          ? Check.warn(name, detail, remedy)
          : Check.ok(name, detail);
    } catch (IOException e) {
      return Check.fail(name, path + ": " + e.getMessage(), remedy);
    }
  }

  private Check limits() {
    Cgroups cgroups = host.cgroups();
    Set<String> missing = new TreeSet<>(Cgroups.LIMITS);
    missing.removeAll(cgroups.enforceable());
    if (missing.isEmpty()) {
      return Check.ok("limits", cgroups.describe());
    }
    return Check.warn(
        "limits",
        "%s; not enforceable: %s (a sandbox that asks for one is refused)"
            .formatted(cgroups.describe(), String.join(", ", missing)),
        "run as root, or in a delegated cgroup: systemd-run --user --scope -p Delegate=yes …");
  }

  private Check diskLimits() {
    if (host.loopDevices()) {
      return Check.ok("disk limits", "ext4 in a file of its own");
    }
    String why = host.root() ? "no loop devices or no mkfs.ext4" : "not root";
    return Check.warn(
        "disk limits", "kept in memory (tmpfs): " + why, "run as root with e2fsprogs installed");
  }

  private Check volumes() {
    return host.loopDevices()
        ? Check.ok("volumes", "an ext4 image each, of limited size")
        : Check.warn(
            "volumes",
            "plain directories, whose size nothing limits",
            "run as root with e2fsprogs installed and loop devices");
  }

  private Check forks() {
    return host.root()
        ? Check.ok("forks", "copy-on-write overlays")
        : Check.warn(
            "forks",
            "by copying files (reflinks where the file system has them)",
            "run as root for overlays");
  }

  private Check pausing() {
    return host.cgroups().canFreeze()
        ? Check.ok("pausing", host.cgroups().freezeMethod())
        : Check.warn(
            "pausing", "by stop signals from the guest", "run as root, or in a delegated cgroup");
  }

  private Check userIds() {
    return host.root()
        ? Check.ok("user ids", "each sandbox has one of its own on the host")
        : Check.warn(
            "user ids",
            "all sandboxes run under yours, apart by namespaces only",
            "run as root for one each");
  }

  private Check runtimes() {
    Runtimes runtimes = host.runtimes();
    String chosen = runtimes.preferred().program();
    if (!runtimes.found().containsKey(runtimes.preferred())) {
      return Check.fail(
          "runtimes",
          "'%s' is chosen and not installed".formatted(chosen),
          "install it, or set DUNES_LOCAL_RUNTIME to another");
    }
    String found =
        runtimes.found().values().stream().map(Path::toString).sorted().collect(joining(", "));
    return Check.ok("runtimes", "%s; used unless asked otherwise: %s".formatted(found, chosen));
  }
}
