package dev.dunes.provider.local;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What the launcher becomes: the runtime with its arguments, which builds a view and becomes, or
 * starts, the guest in it.
 */
final class RuntimeCommand {
  private static final Path MOUNTS = Path.of("/proc/self/mounts");

  private final SandboxRuntime runtime;
  private final Path program;
  private final SandboxPaths paths;
  private final int uid;

  /**
   * @param uid the host's user id for the sandbox; −1 when it runs under this process's own
   */
  RuntimeCommand(SandboxRuntime runtime, Path program, SandboxPaths paths, int uid) {
    this.runtime = runtime;
    this.program = program;
    this.paths = paths;
    this.uid = uid;
  }

  /**
   * The launcher's last options and the command.
   *
   * @param guest the guest's arguments; its socket is descriptor 3, the filter 4
   */
  List<String> of(String id, SandboxView view, List<String> guest) throws IOException {
    return runtime == SandboxRuntime.BWRAP ? bubblewrap(view, guest) : oci(id, view, guest);
  }

  private List<String> bubblewrap(SandboxView view, List<String> guest) {
    List<String> command = new ArrayList<>(List.of("--info", paths.info().toString()));
    command.addAll(List.of("--", program.toString()));
    command.addAll(BubblewrapArguments.of(view));
    command.addAll(List.of("--seccomp", "4", "--info-fd", "5", "--", SandboxView.GUEST));
    command.addAll(guest);
    return command;
  }

  private List<String> oci(String id, SandboxView view, List<String> guest) throws IOException {
    List<String> first = new ArrayList<>(List.of(SandboxView.GUEST));
    first.addAll(guest);
    first.addAll(List.of("--seccomp-fd", "4"));
    if (runtime.user() != SandboxView.USER) {
      first.addAll(List.of("--nest", Integer.toString(SandboxView.USER)));
    }
    new OciBundle(view, runtime, paths, uid).write(first);
    List<String> command = new ArrayList<>();
    if (runtime == SandboxRuntime.CRUN && uid > 0) {
      unifiedBesideOthers()
          .ifPresent(mount -> command.addAll(List.of("--without", mount.toString())));
    }
    command.addAll(List.of("--", program.toString()));
    command.addAll(
        runtime == SandboxRuntime.CRUN
            ? List.of("--cgroup-manager=disabled")
            : List.of("--rootless=true"));
    command.addAll(List.of("--root", paths.runtimeState().resolve("state").toString(), "run"));
    command.addAll(List.of("--bundle", paths.bundle().toString(), "--preserve-fds", "2"));
    command.addAll(List.of("--pid-file", paths.runtimePid().toString(), id));
    return command;
  }

  /** crun refuses a host with both versions of cgroups, though it is to use none of them. */
  private static Optional<Path> unifiedBesideOthers() throws IOException {
    List<String[]> mounts =
        Files.readAllLines(MOUNTS).stream().map(line -> line.split(" ")).toList();
    boolean others = mounts.stream().anyMatch(mount -> mount[2].equals("cgroup"));
    return mounts.stream()
        .filter(mount -> others && mount[2].equals("cgroup2"))
        .map(mount -> Path.of(mount[1]))
        .findFirst();
  }
}
