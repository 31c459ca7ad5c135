package dev.dunes.provider.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunes.sandbox.IsolationUnavailableException;
import dev.dunes.sandbox.SandboxSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Version 2 by the names and contents of its files, on hosts that do not have it. A plain file
 * keeps what is written to it, {@code +memory}, and so stands for a kernel that refuses: it then
 * does not say {@code memory}.
 */
class CgroupVersionTwoTest {
  private static final long SELF = 4711;

  @TempDir Path mount;

  private Path cgroup(String path, String controllers, String children, String processes)
      throws IOException {
    Path directory = Files.createDirectories(mount.resolve(path));
    Files.writeString(directory.resolve("cgroup.controllers"), controllers + "\n");
    Files.writeString(directory.resolve("cgroup.subtree_control"), children + "\n");
    Files.writeString(directory.resolve("cgroup.procs"), processes);
    return directory;
  }

  private Cgroups detect(String own) {
    return new CgroupDetection(
            List.of("none %s cgroup2 rw,nosuid 0 0".formatted(mount), "proc /proc proc rw 0 0"),
            List.of("0::" + own),
            SELF)
        .detect();
  }

  private static final String ALL = "cpu io memory pids";

  @Test
  void rootUsesTheTop() throws IOException {
    cgroup(".", ALL, ALL, "1\n2\n");
    cgroup("dunes", ALL, ALL, "");
    Cgroups found = detect("/");
    assertThat(found.v2()).contains(mount.resolve("dunes"));
    assertThat(found.enforceable()).containsExactly("cpu", "memory", "pids");
    assertThat(found.describe()).isEqualTo("cgroup v2, limits: cpu, memory, pids");
    assertThat(found.canFreeze()).isTrue();
  }

  @Test
  void aCgroupWithProcessesGivesNothingSoAnAncestorIsLookedFor() throws IOException {
    // the top is not ours: without its cgroup.procs it cannot be written to
    cgroup("user.slice/user-1000.slice/app.slice", ALL, ALL, "");
    cgroup("user.slice/user-1000.slice/app.slice/dunes", ALL, ALL, "");
    Path own = cgroup("user.slice/user-1000.slice/app.slice/run.scope", ALL, "", "4711\n99\n");
    Cgroups found = detect("/user.slice/user-1000.slice/app.slice/run.scope");
    assertThat(found.v2()).contains(own.resolveSibling("dunes"));
    assertThat(found.enforceable()).containsExactlyInAnyOrderElementsOf(Cgroups.LIMITS);
    assertThat(own.resolve("dunes")).as("what was tried first and is of no use").doesNotExist();
    assertThat(own.resolve("dunes-leader")).as("others live there, too").doesNotExist();
  }

  @Test
  void aScopeOfOnesOwnIsMadeFree() throws IOException {
    Path scope = cgroup("own.scope", "memory pids", "", "4711\n");
    cgroup("own.scope/dunes-leader", "", "", "");
    detect("/own.scope");
    assertThat(scope.resolve("dunes-leader/cgroup.procs")).hasContent("4711");
    assertThat(Files.readString(scope.resolve("cgroup.subtree_control")))
        .as("asked for again")
        .startsWith("+");
  }

  @Test
  void withoutControllersThereIsFreezingOnly() throws IOException {
    cgroup(".", "", "", "1\n");
    cgroup("dunes", "", "", "");
    Cgroups found = detect("/");
    assertThat(found.enforceable()).isEmpty();
    assertThat(found.canFreeze()).isTrue();
    Limits limits = Limits.of(SandboxSpec.DEFAULT, found.enforceable(), 8L << 30);
    assertThat(limits.memoryBytes()).as("no default that could not be kept").isEmpty();
    assertThat(limits.processes()).isEmpty();
    Limits asked =
        Limits.of(SandboxSpec.builder().memoryMb(64).build(), found.enforceable(), 8L << 30);
    assertThatThrownBy(() -> asked.requireEnforceable(found.enforceable(), found.describe()))
        .isInstanceOf(IsolationUnavailableException.class)
        .hasMessageContaining("memoryMb")
        .hasMessageContaining("limits: none");
  }

  @Test
  void nothingWritableIsNothing() throws IOException {
    Files.createDirectories(mount.resolve("session.scope"));
    Cgroups found = detect("/session.scope");
    assertThat(found.v2()).isEmpty();
    assertThat(found.describe()).isEqualTo("no writable cgroup");
    assertThat(found.freezeMethod()).contains("guest");
    assertThat(new CgroupDetection(List.of("garbage"), List.of("garbage"), SELF).detect())
        .isEqualTo(Cgroups.NONE);
  }

  @Test
  void limitsAreWrittenAndReadAsVersionTwoHasThem() throws IOException {
    Path box = cgroup("dunes/tag-id", ALL, "", "");
    for (String name :
        List.of("memory.max", "memory.swap.max", "cpu.max", "pids.max", "cgroup.freeze")) {
      Files.createFile(box.resolve(name));
    }
    Files.writeString(
        box.resolve("memory.events"), "low 0\nmax 7\noom 3\noom_kill 2\noom_group_kill 0\n");
    Files.writeString(box.resolve("memory.current"), "4096\n");
    Files.writeString(box.resolve("cpu.stat"), "usage_usec 1500\nuser_usec 1000\n");
    Files.writeString(box.resolve("cgroup.events"), "populated 1\nfrozen 1\n");
    SandboxCgroups cgroups = new SandboxCgroups(Map.of(SandboxCgroups.UNIFIED, box));
    SandboxSpec spec = SandboxSpec.builder().memoryMb(64).cpuCores(1.5).maxProcesses(10).build();
    cgroups.apply(Limits.of(spec, Cgroups.LIMITS, 8L << 30), Cgroups.LIMITS);
    assertThat(box.resolve("memory.max")).hasContent("67108864");
    assertThat(box.resolve("memory.swap.max")).hasContent("0");
    assertThat(box.resolve("cpu.max")).hasContent("150000 100000");
    assertThat(Integer.parseInt(Files.readString(box.resolve("pids.max"))))
        .as("the guest's own come on top")
        .isGreaterThan(10);
    assertThat(cgroups.memoryKills()).hasValue(2);
    assertThat(cgroups.memoryInUse()).hasValue(4096);
    assertThat(cgroups.cpuTime()).contains(Duration.ofNanos(1_500_000));
    assertThat(cgroups.freeze(true)).isTrue();
    assertThat(box.resolve("cgroup.freeze")).hasContent("1");
  }

  @Test
  void versionOneServesWhatVersionTwoDoesNot() {
    Cgroups hybrid =
        new Cgroups(
            Map.of(
                "memory",
                Path.of("/v1/memory"),
                "pids",
                Path.of("/v1/pids"),
                "freezer",
                Path.of("/v1/freezer")),
            Optional.of(Path.of("/v2")),
            Set.of("pids"));
    Limits limits =
        Limits.of(
            SandboxSpec.builder().memoryMb(64).maxProcesses(8).build(),
            hybrid.enforceable(),
            8L << 30);
    assertThat(hybrid.plan("tag", "id", limits).directories())
        .containsOnlyKeys(SandboxCgroups.UNIFIED, "memory")
        .containsEntry("memory", Path.of("/v1/memory/tag-id"));
    assertThat(limits.processes()).isEqualTo(OptionalInt.of(8));
  }
}
