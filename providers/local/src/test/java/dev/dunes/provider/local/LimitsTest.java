package dev.dunes.provider.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunes.sandbox.ExecResult;
import dev.dunes.sandbox.IsolationUnavailableException;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxSpec;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Limits hold, or are refused: never silently left out. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LimitsTest {
  private Local local;

  @BeforeAll
  void open() {
    local = Local.open();
  }

  @AfterAll
  void close() {
    local.close();
  }

  private static boolean enforceable(String controller) {
    return CgroupDetection.onThisHost().enforceable().contains(controller);
  }

  @Test
  void whatCannotBeKeptIsRefused() {
    Map<String, SandboxSpec.Builder> asked =
        Map.of(
            Cgroups.MEMORY, SandboxSpec.builder().memoryMb(64),
            Cgroups.CPU, SandboxSpec.builder().cpuCores(0.5),
            Cgroups.PIDS, SandboxSpec.builder().maxProcesses(16));
    asked.forEach((controller, spec) -> {
      if (enforceable(controller)) {
        local.create(spec).close();
      } else {
        assertThatThrownBy(() -> local.create(spec))
            .isInstanceOf(IsolationUnavailableException.class)
            .hasMessageContaining(controller);
      }
    });
  }

  @Test
  void memoryEndsTheCommandAndSaysSo() {
    Assumptions.assumeTrue(
        Files.isExecutable(Path.of("/usr/bin/python3")), "skipped: needs python3");
    Assumptions.assumeTrue(enforceable(Cgroups.MEMORY), "skipped: no memory limit here");
    try (Sandbox sandbox = local.create(SandboxSpec.builder().memoryMb(64))) {
      ExecResult result = sandbox.exec("exec python3 -c 'x = b\"a\" * 300000000'");
      assertThat(result.outOfMemory()).isTrue();
      assertThat(result.exitCode()).isEqualTo(137);
      assertThat(Local.sh(sandbox, "echo alive")).isEqualTo("alive");
      assertThat(sandbox.exec("kill -9 $$").outOfMemory())
          .as("killed for another reason")
          .isFalse();
      assertThat(sandbox.info().metadata()).containsEntry("memory_limit", Long.toString(64L << 20));
    }
  }

  @Test
  void processesEndAtTheirLimit() {
    Assumptions.assumeTrue(enforceable(Cgroups.PIDS), "skipped: no limit on processes here");
    try (Sandbox sandbox = local.create(SandboxSpec.builder().maxProcesses(20))) {
      ExecResult result =
          sandbox.exec("i=0; while [ $i -lt 60 ]; do sleep 60 & i=$((i+1)); done; echo all");
      assertThat(result.stdout()).doesNotContain("all");
    }
  }

  @Test
  void withoutControlGroupsProcessesEndAllTheSame() {
    Assumptions.assumeTrue(LocalHost.countsProcessesByNamespace(), "skipped: needs Linux 5.14");
    Assumptions.assumeFalse(enforceable(Cgroups.PIDS), "skipped: a cgroup bounds processes here");
    String bomb =
        "python3 -c 'import os, signal\nn = 0\ntry:\n  while n < 1500:\n    if os.fork() == 0: signal.pause()\n    n += 1\nexcept OSError as e: print(n, e.errno)'";
    try (Sandbox sandbox = local.create();
        Sandbox neighbour = local.create()) {
      String[] said = sandbox.exec(bomb).stdout().strip().split(" ");
      assertThat(Integer.parseInt(said[0])).isBetween(900, 1028);
      assertThat(said[1]).as("EAGAIN").isEqualTo("11");
      assertThat(Local.sh(neighbour, "echo on")).as("counted for each").isEqualTo("on");
    }
  }

  @Test
  void versionsOfTheKernel() {
    assertThat(LocalHost.atLeast("5.14.0-70", 5, 14)).isTrue();
    assertThat(LocalHost.atLeast("6.1.0", 5, 14)).isTrue();
    assertThat(LocalHost.atLeast("5.13.19", 5, 14)).isFalse();
    assertThat(LocalHost.atLeast("4.19", 5, 14)).isFalse();
    assertThat(LocalHost.atLeast("what", 5, 14)).isFalse();
  }

  @Test
  void diskEndsAtItsLimitInFilesAndBytes() {
    for (String place : List.of("/workspace", "/home/user")) {
      try (Sandbox sandbox = local.create(SandboxSpec.builder().diskMb(8))) {
        ExecResult result = sandbox.exec("head -c 12000000 /dev/zero > " + place + "/big");
        assertThat(result.success()).isFalse();
        assertThat(result.stderr()).contains("No space left");
        Local.sh(
            sandbox, "rm %s/big; echo ok > %s/small; cat %s/small".formatted(place, place, place));
        assertThat(sandbox.info().metadata().get("disk")).contains("limited");
      }
    }
  }

  @Test
  void defaultsApplyWhereTheyCanBeKept() {
    try (Sandbox sandbox = local.create()) {
      Map<String, String> metadata = sandbox.info().metadata();
      assertThat(metadata)
          .containsEntry(
              "process_limit",
              enforceable(Cgroups.PIDS)
                  ? "1024"
                  : LocalHost.countsProcessesByNamespace()
                      ? "1024, by the user's own limit"
                      : "none")
          .containsKeys("fork", "freeze", "cgroup", "disk", "cpu_limit");
      assertThat(metadata.get("memory_limit").equals("none"))
          .isNotEqualTo(enforceable(Cgroups.MEMORY));
      assertThat(metadata.keySet()).noneMatch(key -> key.startsWith("cgroup."));
    }
  }
}
