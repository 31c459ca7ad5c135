package dev.dunes.provider.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunes.sandbox.InvalidRequestException;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.Snapshot;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * Files of forks and snapshots: shared as long as nobody changes them, and nobody else's once
 * somebody does.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ForkTest {
  private Local local;

  @BeforeAll
  void open() {
    local = Local.open();
  }

  @AfterAll
  void close() {
    local.close();
  }

  private static Sandbox fork(Sandbox sandbox) {
    return sandbox.forking().orElseThrow().fork();
  }

  private static final String STATE =
      "cd /workspace; find . | sort | tr '\\n' ' '; cat f d/g 2>/dev/null; cat ~/h";

  @Test
  void parentAndForksGoTheirOwnWays() {
    try (Sandbox parent = local.create(SandboxSpec.builder().env("V", "1").label("a", "b"))) {
      Local.sh(
          parent,
          "cd /workspace; mkdir d e; echo f > f; echo g > d/g; echo x > e/x; ln f hard; ln -s f soft; chmod 741 f; echo h > ~/h; setfattr -n user.k -v v f 2>/dev/null || true");
      try (Sandbox fork = fork(parent)) {
        assertThat(Local.sh(fork, STATE)).isEqualTo(Local.sh(parent, STATE));
        assertThat(
                Local.sh(fork, "stat -c '%a %U' /workspace/f; readlink /workspace/soft; echo $V"))
            .isEqualTo("741 user\nf\n1");
        assertThat(fork.labels()).containsEntry("a", "b");
        Local.sh(
            fork,
            "cd /workspace; echo changed > f; rm d/g; rm -r e; mkdir e; echo new > n; echo home > ~/h");
        assertThat(Local.sh(parent, STATE))
            .isEqualTo(". ./d ./d/g ./e ./e/x ./f ./hard ./soft f\ng\nh");
        assertThat(Local.sh(fork, STATE))
            .startsWith(". ./d ./e ./f ./hard ./n ./soft changed")
            .endsWith("home");
        Local.sh(parent, "echo later > /workspace/f");
        try (Sandbox grandchild = fork(fork)) {
          assertThat(Local.sh(grandchild, STATE)).isEqualTo(Local.sh(fork, STATE));
          Local.sh(grandchild, "rm /workspace/f; rm -r /workspace/e");
          assertThat(Local.sh(fork, "cat /workspace/f; ls -d /workspace/e"))
              .isEqualTo("changed\n/workspace/e");
          fork.destroy();
          parent.destroy();
          assertThat(Local.sh(grandchild, STATE)).isEqualTo(". ./d ./hard ./n ./soft home");
        }
      }
    }
  }

  @Test
  void whatIsInAppIsSavedToo() {
    try (Sandbox parent = local.create(SandboxSpec.builder())) {
      try (Sandbox early = fork(parent)) {
        assertThat(Local.sh(early, "ls -A /app; touch /app/x; ls /app")).isEqualTo("x");
      }
      Local.sh(parent, "mkdir /app/src; echo 1 > /app/src/one");
      try (Sandbox fork = fork(parent)) {
        Local.sh(fork, "echo 2 > /app/src/one; touch /app/two");
        assertThat(Local.sh(fork, "cat /app/src/one; ls /app")).isEqualTo("2\nsrc\ntwo");
        assertThat(Local.sh(parent, "cat /app/src/one; ls /app")).isEqualTo("1\nsrc");
      }
    }
  }

  @Test
  void aSnapshotIsUsedAgainAndOutlivesItsSandbox() {
    Snapshot snapshot;
    try (Sandbox first = local.create()) {
      Local.sh(first, "echo saved > /workspace/f");
      snapshot = first.forking().orElseThrow().snapshot();
      Local.sh(first, "echo after > /workspace/f");
    }
    SandboxSpec.Builder spec = SandboxSpec.builder().image(snapshot.image());
    try (Sandbox one = local.create(spec);
        Sandbox two = local.create(spec)) {
      assertThat(Local.sh(one, "cat /workspace/f; echo one > /workspace/f")).isEqualTo("saved");
      assertThat(Local.sh(two, "cat /workspace/f")).isEqualTo("saved");
      assertThat(one.forking().orElseThrow().deleteSnapshot(snapshot.id())).isTrue();
      assertThat(one.forking().orElseThrow().deleteSnapshot(snapshot.id())).isFalse();
      assertThatThrownBy(() -> local.create(spec))
          .isInstanceOf(InvalidRequestException.class)
          .hasMessageContaining(snapshot.id());
      assertThat(Local.sh(two, "cat /workspace/f"))
          .as("stands on what was deleted")
          .isEqualTo("saved");
      try (Sandbox three = fork(two)) {
        assertThat(Local.sh(three, "cat /workspace/f")).isEqualTo("saved");
      }
    }
    local.another().close(); // its first pass collects what nothing stands on any more
    assertThat(local.state.resolve("snapshots").resolve(snapshot.id())).doesNotExist();
  }

  @Test
  void aSandboxWithADiskLimitIsForkedWhole() {
    try (Sandbox parent = local.create(SandboxSpec.builder().diskMb(16))) {
      Local.sh(parent, "echo f > /workspace/f; echo h > ~/h");
      if (!Local.root()) {
        assertThatThrownBy(() -> fork(parent))
            .isInstanceOf(SandboxException.class)
            .hasMessageContaining("disk limit");
        return;
      }
      Local.sh(parent, "echo a > /app/a");
      try (Sandbox fork = fork(parent);
          Sandbox again = fork(fork)) {
        for (Sandbox each : List.of(fork, again)) {
          assertThat(Local.sh(each, "cat /workspace/f ~/h /app/a; echo changed > /workspace/f"))
              .isEqualTo("f\nh\na");
          assertThat(
                  Local.sh(
                      each,
                      "echo new > /workspace/new; echo new > ~/new; cat /workspace/new ~/new"))
              .isEqualTo("new\nnew");
          assertThat(each.exec("head -c 30000000 /dev/zero > /workspace/big").success()).isFalse();
        }
        assertThat(Local.sh(parent, "cat /workspace/f")).isEqualTo("f");
      }
    }
  }

  @Test
  void aPausedSandboxStaysPaused() {
    try (Sandbox sandbox = local.create()) {
      Local.sh(sandbox, "echo f > /workspace/f");
      sandbox.pausing().orElseThrow().pause();
      try (Sandbox fork = fork(sandbox)) {
        assertThat(Local.sh(fork, "cat /workspace/f")).isEqualTo("f");
        assertThatThrownBy(() -> sandbox.exec("true")).hasMessageContaining("paused");
      }
      sandbox.pausing().orElseThrow().resume();
      assertThat(Local.sh(sandbox, "cat /workspace/f")).isEqualTo("f");
    }
  }

  @Test
  void anUnfinishedSnapshotIsNone() throws Exception {
    try (Sandbox sandbox = local.create()) {
      Path half = Files.createDirectories(local.state.resolve("snapshots/halfhalfhalf/workspace"));
      assertThatThrownBy(() -> local.create(SandboxSpec.builder().image("snapshot:halfhalfhalf")))
          .isInstanceOf(InvalidRequestException.class);
      assertThatThrownBy(() -> local.create(SandboxSpec.builder().image("snapshot:../../etc")))
          .isInstanceOf(InvalidRequestException.class);
      Files.delete(half);
      Files.delete(half.getParent());
    }
  }
}
