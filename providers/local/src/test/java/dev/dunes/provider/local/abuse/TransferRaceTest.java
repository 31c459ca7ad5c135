package dev.dunes.provider.local.abuse;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.RunningCommand;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Code inside exchanges directories for links while files are moved in and out: nothing outside is
 * read or written.
 */
class TransferRaceTest {
  private static final String SECRET = "a secret of the host";
  private static final int ROUNDS = 60;

  private final Ground ground = Ground.open();
  private Path outside = ground.base();

  @BeforeEach
  void secrets() throws IOException {
    outside = Files.createDirectory(ground.base().resolve("outside"));
    Files.writeString(outside.resolve("file"), SECRET);
    Files.setPosixFilePermissions(outside, PosixFilePermissions.fromString("rwxrwxrwx"));
    Files.setPosixFilePermissions(
        outside.resolve("file"), PosixFilePermissions.fromString("rw-rw-rw-"));
  }

  @AfterEach
  void close() {
    ground.close();
  }

  /**
   * Runs inside as long as it is not killed: `place` is by turns a directory and links to where the
   * secret is on the host.
   */
  private RunningCommand exchange(Sandbox sandbox, Path target) throws IOException {
    String program =
        """
        import os
        os.chdir('/workspace')
        os.makedirs('real', exist_ok=True)
        open('real/file', 'w').write('harmless')
        print('turning', flush=True)
        targets = ['%1$s', '/proc/1/root%1$s', '/proc/self/root%1$s', '../../../../../../../..%1$s', '/proc/1/cwd/../..%1$s']
        number = 0
        while True:
            number += 1
            os.rename('real', 'place')
            os.rename('place', 'real')
            os.symlink(targets[number %% len(targets)], 'place')
            os.unlink('place')
            try:
                os.link('%1$s/file', 'hard')
                os.unlink('hard')
            except OSError:
                pass
        """
            .formatted(target);
    RunningCommand running = sandbox.start(Command.of(Ground.PYTHON, "-I", "-c", program));
    byte[] said = running.stdout().readNBytes("turning\n".length());
    assertThat(new String(said, StandardCharsets.UTF_8)).isEqualTo("turning\n");
    return running;
  }

  private interface Transfer {
    void run() throws IOException;
  }

  /** Everything may fail while it is raced, as long as it says so in the library's own terms. */
  private static boolean worked(Transfer transfer) throws IOException {
    try {
      transfer.run();
      return true;
    } catch (SandboxException e) {
      assertThat(e.code()).isNotEmpty();
      return false;
    }
  }

  @Test
  void downloadsNeverDeliverASecretOfTheHost() throws IOException {
    Path into = Files.createDirectory(ground.base().resolve("into"));
    int worked = 0;
    try (Sandbox sandbox = ground.create();
        RunningCommand _ = exchange(sandbox, outside)) {
      List<byte[]> delivered = new ArrayList<>();
      for (int i = 0; i < ROUNDS; i++) {
        Path tree = into.resolve("tree-" + i);
        Path file = into.resolve("file-" + i);
        worked += worked(() -> sandbox.download("/workspace/place/file", file)) ? 1 : 0;
        worked +=
            worked(() -> delivered.add(sandbox.files().readBytes("/workspace/place/file"))) ? 1 : 0;
        worked += worked(() -> sandbox.files().downloadTree("/workspace", tree)) ? 1 : 0;
      }
      delivered.forEach(
          bytes -> assertThat(new String(bytes, StandardCharsets.UTF_8)).doesNotContain(SECRET));
    }
    assertThat(worked).as("control: transfers work meanwhile").isGreaterThan(ROUNDS / 2);
    try (Stream<Path> files = Files.walk(into)) { // does not follow links
      for (Path file :
          files
              .filter(each -> Files.isRegularFile(each, java.nio.file.LinkOption.NOFOLLOW_LINKS))
              .toList()) {
        assertThat(Files.readString(file)).doesNotContain(SECRET);
      }
    }
  }

  @Test
  void uploadsNeverWriteOutside() throws IOException {
    Path source = Files.createDirectory(ground.base().resolve("source"));
    Files.writeString(Files.createDirectory(source.resolve("place")).resolve("planted"), "planted");
    byte[] tar;
    int worked = 0;
    try (Sandbox sandbox = ground.create()) {
      sandbox.files().uploadTree(source, "/workspace/packed");
      try (var packed = sandbox.files().pack("/workspace/packed")) {
        tar = packed.readAllBytes();
      }
      try (RunningCommand _ = exchange(sandbox, outside)) {
        for (int i = 0; i < ROUNDS; i++) {
          worked +=
              worked(() -> sandbox.upload(source.resolve("place/planted"), "/workspace/place/file"))
                  ? 1
                  : 0;
          worked +=
              worked(() -> sandbox.files().write("/workspace/place/planted", "planted")) ? 1 : 0;
          worked += worked(() -> sandbox.files().uploadTree(source, "/workspace")) ? 1 : 0;
          worked +=
              worked(() -> sandbox.files().unpack(new ByteArrayInputStream(tar), "/workspace"))
                  ? 1
                  : 0;
          worked += worked(() -> sandbox.files().removeTree("/workspace/place")) ? 1 : 0;
        }
      }
    }
    assertThat(worked).as("control: transfers work meanwhile").isGreaterThan(ROUNDS / 2);
    assertUntouched();
  }

  private void assertUntouched() throws IOException {
    assertThat(outside.resolve("file")).hasContent(SECRET);
    try (Stream<Path> files = Files.list(outside)) {
      assertThat(files.map(file -> file.getFileName().toString())).containsExactly("file");
    }
  }

  /**
   * The control of both: on the host's side of the same directory the way out is open to whoever
   * follows names.
   */
  @Test
  void namesLeadOutForWhoeverFollowsThemOnTheHost() throws IOException {
    Ground.assumeRoot();
    try (Sandbox sandbox = ground.create()) {
      sandbox.files().symlink(outside.toString(), "/workspace/place");
      assertThat(Files.readString(ground.upper(sandbox, "workspace").resolve("place/file")))
          .isEqualTo(SECRET);
      assertThat(sandbox.files().exists("/workspace/place/file"))
          .as("the guest sees what the sandbox sees")
          .isFalse();
    }
  }

  /** What the host itself does with a sandbox's files, it does without following their links. */
  @Test
  void snapshotsAndForksTakeLinksAsLinks() throws IOException {
    try (Sandbox sandbox = ground.create()) {
      sandbox.files().symlink(outside.resolve("file").toString(), "/workspace/link");
      sandbox.files().symlink(outside.toString(), "/home/user/place");
      Ground.said(sandbox.exec("mkfifo /workspace/fifo"));
      try (RunningCommand _ = exchange(sandbox, outside);
          Sandbox fork = sandbox.fork()) {
        assertThat(fork.exec("readlink /workspace/link").stdout())
            .as("control: the link is there")
            .isEqualTo(outside + "/file\n");
        assertThat(
                fork.exec("cat /workspace/link /workspace/place/file /home/user/place/file")
                    .stdout())
            .doesNotContain(SECRET);
        Ground.said(fork.exec("rm -rf /workspace/link /home/user/place"));
      }
      assertThat(sandbox.metrics().diskUsedBytes()).isLessThan(1L << 20);
    }
    assertUntouched();
  }
}
