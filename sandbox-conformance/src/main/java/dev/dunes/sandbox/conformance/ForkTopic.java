package dev.dunes.sandbox.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunes.sandbox.Forking;
import dev.dunes.sandbox.OutputChunk;
import dev.dunes.sandbox.RunningCommand;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.Snapshot;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** Copies of a sandbox's files. */
abstract class ForkTopic extends Topic {
  ForkTopic(Supplier<Suite> suite) {
    super(suite);
  }

  @Test
  void aForkHasTheSameFilesAndGoesItsOwnWay() {
    needs(Feature.FORK);
    String cookie = Suite.unique();
    try (Sandbox made = suite().provider().create(suite().spec().label("f", cookie).build());
        RunningCommand running = made.start(marked(cookie, "echo up; exec sleep 1000").build())) {
      assertThat(running.take().map(OutputChunk::text)).contains("up\n");
      made.exec("echo old > file; mkdir d; echo x > d/tool; chmod 751 d/tool; ln -s file link");
      try (Sandbox fork = made.fork()) {
        assertThat(fork.id()).isNotEqualTo(made.id());
        assertThat(fork.labels()).isEqualTo(made.labels());
        assertThat(fork.exec("cat file link; stat -c %a d/tool; readlink link").stdout())
            .isEqualTo("old\nold\n751\nfile\n");
        assertThat(fork.exec("printenv " + Suite.MARK).stdout().strip()).isEqualTo(suite().mark());

        fork.files().write("file", "new");
        made.files().write("other", "x");
        assertThat(made.files().readText("file")).isEqualTo("old\n");
        assertThat(fork.files().exists("other")).isFalse();
        if (suite().has(Feature.RUNS_WHILE_SAVED)) {
          assertThat(running.isRunning()).as("the original goes on").isTrue();
        } else {
          assertThatThrownBy(running::waitFor)
              .as("nobody thinks that it has ended by itself")
              .isInstanceOf(SandboxException.class);
        }
        made.destroy();
        assertThat(fork.files().readText("file")).isEqualTo("new");
      }
    }
  }

  @Test
  void snapshotsAreStartingPoints() {
    needs(Feature.SNAPSHOT);
    try (Sandbox made = suite().create()) {
      made.files().write("file", "then");
      Snapshot snapshot = made.snapshot();
      made.files().write("file", "now");
      Forking forking = made.forking().orElseThrow();
      try {
        assertThat(snapshot.provider()).isEqualTo(made.provider());
        try (Sandbox again =
                suite().provider().create(suite().spec().image(snapshot.image()).build());
            Sandbox once =
                suite().provider().create(suite().spec().image(snapshot.image()).build())) {
          assertThat(again.files().readText("file")).isEqualTo("then");
          again.files().write("file", "changed");
          assertThat(once.files().readText("file")).isEqualTo("then");
          assertThat(forking.deleteSnapshot(snapshot.id())).isTrue();
          assertThat(forking.deleteSnapshot(snapshot.id())).isFalse();
          assertThat(suite().provider().deleteSnapshot(snapshot.id())).isFalse();
          assertThat(again.files().readText("file")).isEqualTo("changed");
          assertThat(once.exec("cat file").stdout()).isEqualTo("then");
        }
        assertThatThrownBy(
                () -> suite().provider().create(suite().spec().image(snapshot.image()).build()))
            .isInstanceOf(SandboxException.class);
        Snapshot second = made.snapshot();
        assertThat(suite().provider().deleteSnapshot(second.id())).isTrue();
        assertThat(suite().provider().deleteSnapshot(second.id())).isFalse();
      } finally {
        forking.deleteSnapshot(snapshot.id());
      }
    }
  }
}
