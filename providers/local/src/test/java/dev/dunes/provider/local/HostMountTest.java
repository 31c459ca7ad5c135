package dev.dunes.provider.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunes.sandbox.HostMount;
import dev.dunes.sandbox.InvalidRequestException;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.Snapshot;
import dev.dunes.sandbox.spi.SandboxProvider;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Files of the host, shown read-only below {@code /opt/dunes}. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HostMountTest {
  private static final String INSIDE = "/opt/dunes/agents/tool";

  private Local local;
  private Path tool;

  @BeforeAll
  void open() throws IOException {
    local = Local.open();
    tool = tool(Files.createDirectory(local.base.resolve("tool")));
  }

  @AfterAll
  void close() {
    local.close();
  }

  /** A directory with a program, a file, and a directory with another file. */
  private static Path tool(Path directory) throws IOException {
    Files.createDirectories(directory.resolve("lib"));
    Files.writeString(directory.resolve("lib/data"), "data of the host\n");
    Files.writeString(directory.resolve("run"), "#!/bin/sh\necho ran \"$@\"\n");
    mode(directory, "rwxr-xr-x");
    mode(directory.resolve("lib"), "rwxr-xr-x");
    mode(directory.resolve("lib/data"), "rw-r--r--");
    mode(directory.resolve("run"), "rwxr-xr-x");
    return directory;
  }

  private static void mode(Path file, String mode) throws IOException {
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
  }

  private static SandboxSpec.Builder spec(Path source, String target) {
    return SandboxSpec.builder().mount(new HostMount(source, target));
  }

  private void assertShown(Sandbox sandbox) {
    assertThat(Local.sh(sandbox, INSIDE + "/run a b; cat " + INSIDE + "/lib/data"))
        .isEqualTo("ran a b\ndata of the host");
    assertThat(sandbox.files().readText(INSIDE + "/lib/data")).isEqualTo("data of the host\n");
  }

  @Test
  void aDirectoryIsReadAndRunInside() {
    try (Sandbox sandbox = local.create(spec(tool, INSIDE));
        Sandbox without = local.create()) {
      assertShown(sandbox);
      assertThat(without.exec("ls " + INSIDE).success()).isFalse();
    }
  }

  @Test
  void oneFileIsShownAloneAndTheSameOneTwice() {
    try (Sandbox sandbox =
        local.create(
            spec(tool.resolve("run"), "/opt/dunes/one")
                .mount(new HostMount(tool.resolve("run"), "/opt/dunes/deep/er/two")))) {
      assertThat(Local.sh(sandbox, "/opt/dunes/one; /opt/dunes/deep/er/two x"))
          .isEqualTo("ran\nran x");
      assertThat(Local.sh(sandbox, "ls /opt/dunes")).isEqualTo("deep\ndunes-guest\none");
    }
  }

  @Test
  void nothingOfItCanBeChanged() throws IOException {
    Path open = tool(Files.createDirectory(local.base.resolve("open")));
    Local.run("chmod", "-R", "a+rwX", open.toString());
    try (Sandbox sandbox = local.create(spec(open, INSIDE))) {
      for (String attempt :
          List.of(
              "echo x > %s/lib/data",
              "echo x > %s/new",
              "rm %s/lib/data",
              "mv %s/lib %s/moved",
              "chmod 0700 %s/run",
              "touch %s/run",
              "ln %s/run %s/link",
              "mkdir %s/directory")) {
        String line = attempt.replace("%s", INSIDE);
        assertThat(sandbox.exec(line).success()).as(line).isFalse();
        assertThat(sandbox.exec(attempt.replace("%s", control(sandbox))).success())
            .as("control: %s", attempt)
            .isTrue();
      }
      assertThatThrownBy(() -> sandbox.files().write(INSIDE + "/new", "x"))
          .hasMessageContaining("ead-only");
      assertShown(sandbox);
    }
    assertThat(Files.readString(open.resolve("lib/data"))).isEqualTo("data of the host\n");
    assertThat(open.resolve("new")).doesNotExist();
  }

  /** The same tree where it may be written. */
  private static String control(Sandbox sandbox) {
    return Local.sh(
        sandbox,
        "d=$(mktemp -d /tmp/XXXXXX); cp -r %s/. $d/; chmod -R u+w $d; echo $d".formatted(INSIDE));
  }

  @Test
  void rightsOfSetUserIdProgramsAreNotGiven() throws IOException {
    Path program = Files.copy(Path.of("/usr/bin/id"), local.base.resolve("id"));
    mode(program, "rwxr-xr-x");
    Local.run("chmod", "4755", program.toString());
    try (Sandbox sandbox = local.create(spec(program, "/opt/dunes/id"))) {
      assertThat(Local.sh(sandbox, "/opt/dunes/id -u")).isEqualTo("1000");
      assertThat(Local.sh(sandbox, "grep ' /opt/dunes/id ' /proc/self/mounts"))
          .contains("ro,")
          .contains("nosuid")
          .contains("nodev");
    }
  }

  @Test
  void targetsElsewhereOrInTheWayAreRefused() {
    for (String target :
        List.of(
            "/usr/lib/x",
            "/workspace/x",
            "/opt/x",
            "/opt/dunes",
            "/opt/dunesque/x",
            "/opt/dunes/dunes-guest",
            "/opt/dunes/dunes-guest/x")) {
      assertRefused(spec(tool, target), "mounts.target", target);
    }
    assertRefused(
        spec(tool, INSIDE).mount(new HostMount(tool, INSIDE + "/lib")),
        "mounts.target",
        INSIDE + "/lib");
    assertRefused(spec(tool, INSIDE).mount(new HostMount(tool, INSIDE)), "mounts.target", INSIDE);
  }

  @Test
  void sourcesThatAreNotThereOrNoFilesAreRefused() {
    Path missing = local.base.resolve("missing");
    assertRefused(spec(missing, INSIDE), "mounts.source", missing.toString());
    assertRefused(spec(Path.of("/dev/null"), INSIDE), "mounts.source", "/dev/null");
  }

  @Test
  void aSourceTheSandboxMayNotReadIsRefused() throws IOException {
    Path file = Files.writeString(local.base.resolve("private"), "secret\n");
    Path directory = Files.createDirectory(local.base.resolve("closed"));
    mode(file, Local.root() ? "rw-r-----" : "-wx------");
    mode(directory, Local.root() ? "rwxr-x---" : "-wx------");
    assertRefused(spec(file, INSIDE), "mounts.source", "may not read");
    assertRefused(spec(directory, INSIDE), "mounts.source", "may not read");
    mode(file, "rw-r--r--");
    try (Sandbox sandbox = local.create(spec(file, INSIDE))) {
      assertThat(Local.sh(sandbox, "cat " + INSIDE)).as("control").isEqualTo("secret");
    }
  }

  private void assertRefused(SandboxSpec.Builder spec, String field, String said) {
    assertThatThrownBy(() -> local.create(spec))
        .isInstanceOfSatisfying(
            InvalidRequestException.class, refused -> assertThat(refused.field()).isEqualTo(field))
        .hasMessageContaining(said);
  }

  /** Whoever runs Dunes can reach it; the sandbox's user id alone could not. */
  @Test
  void aSourceInsideAPrivateDirectoryIsLent() throws IOException {
    Path closed = Files.createDirectory(local.base.resolve("0700"));
    Path inner = tool(Files.createDirectory(closed.resolve("tool")));
    Files.writeString(closed.resolve("beside"), "not shown\n");
    mode(closed, "rwx------");
    try (Sandbox sandbox = local.create(spec(inner, INSIDE));
        Sandbox fork = sandbox.forking().orElseThrow().fork()) {
      assertShown(sandbox);
      assertShown(fork);
      assertThat(sandbox.exec("cat " + INSIDE + "/../beside").success()).isFalse();
      assertThat(sandbox.exec("echo x > " + INSIDE + "/lib/data").success()).isFalse();
    }
    Path rootfs = Rootfs.make(local.base.resolve("rootfs-of-lent"));
    try (Sandbox sandbox = local.create(spec(inner, INSIDE).image(rootfs.toString()))) {
      assertShown(sandbox);
    }
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(closed)))
        .isEqualTo("rwx------");
  }

  @Test
  void aLinkIsFollowedOnTheHostOnce() throws IOException {
    Path link = Files.createSymbolicLink(local.base.resolve("link"), tool);
    try (Sandbox sandbox = local.create(spec(link, INSIDE))) {
      assertShown(sandbox);
    }
  }

  @Test
  void anotherProgramFindsItWithItsMounts() {
    try (Sandbox made = local.create(spec(tool, INSIDE).detached(true));
        SandboxProvider other = local.another()) {
      Sandbox found = other.get(made.id()).orElseThrow();
      assertThat(found.spec().mounts()).containsExactly(new HostMount(tool, INSIDE));
      assertShown(found);
      made.destroy();
    }
  }

  @Test
  void forksHaveThemAndSnapshotsHoldNothingOfThem() {
    try (Sandbox parent = local.create(spec(tool, INSIDE));
        Sandbox fork = parent.forking().orElseThrow().fork()) {
      assertShown(fork);
      Snapshot snapshot = parent.forking().orElseThrow().snapshot();
      try (Sandbox bare = local.create(SandboxSpec.builder().image(snapshot.image()));
          Sandbox again = local.create(spec(tool, INSIDE).image(snapshot.image()))) {
        assertThat(bare.exec("ls " + INSIDE).success()).isFalse();
        assertShown(again);
      }
      assertThat(parent.forking().orElseThrow().deleteSnapshot(snapshot.id())).isTrue();
    }
  }

  @Test
  void theyAreShownInRootsOfImagesToo() throws IOException {
    Path rootfs = Rootfs.make(local.base.resolve("rootfs"));
    Path hostile = Rootfs.make(local.base.resolve("hostile"));
    Files.createSymbolicLink(hostile.resolve("opt"), local.base);
    Path covered = Rootfs.make(local.base.resolve("covered"));
    Files.createDirectories(covered.resolve("opt/dunes/agents"));
    Files.createSymbolicLink(covered.resolve(INSIDE.substring(1)), local.base);
    for (Path image : List.of(rootfs, hostile, covered)) {
      try (Sandbox sandbox = local.create(spec(tool, INSIDE).image(image.toString()));
          Sandbox fork = sandbox.forking().orElseThrow().fork()) {
        assertShown(sandbox);
        assertShown(fork);
      }
    }
    assertThat(local.base.resolve("dunes")).doesNotExist();
  }
}
