package dev.dunes.sandbox.conformance;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunes.sandbox.FileEntry;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxFileException;
import dev.dunes.sandbox.SandboxFileException.Reason;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whole trees in and out, and archives made to harm. */
abstract class FileTreeTopic extends Topic {
  FileTreeTopic(Supplier<Suite> suite) {
    super(suite);
  }

  @Test
  void aTreeGoesInAndComesBackAsItWas(@TempDir Path temp) throws IOException {
    Path tree = tree(temp.resolve("tree"));
    String directory = directory() + "/up";

    files().uploadTree(tree, directory);
    files().downloadTree(directory, temp.resolve("back"));

    assertThat(describe(temp.resolve("back"))).isEqualTo(describe(tree));
    assertThat(files().readText(directory + "/a/file")).isEqualTo("contents");
    assertThat(files().stat(directory + "/a/tool").mode()).isEqualTo(0755);
    assertThat(files().statLink(directory + "/a/link").linkTarget()).contains("file");
    assertThat(files().stat(directory + "/a/file").modifiedAt())
        .isEqualTo(Instant.parse("2001-02-03T04:05:06Z"));
  }

  @Test
  void aTreeMadeInsideComesOutAsItIs(@TempDir Path temp) throws IOException {
    String directory = directory();
    sh(
        """
        cd %s && mkdir -p a/b && echo x > a/b/f && chmod 640 a/b/f && ln -s b/f a/l && ln a/b/f a/hard && mkfifo a/fifo
        mkdir a/empty && chmod 700 a/empty && touch "a/new
        line"
        """
            .formatted(directory));

    files().downloadTree(directory, temp.resolve("out"));

    Path out = temp.resolve("out/a");
    assertThat(out.resolve("b/f")).hasContent("x\n");
    assertThat(out.resolve("hard")).hasContent("x\n");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(out.resolve("b/f"))))
        .isEqualTo("rw-r-----");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(out.resolve("empty"))))
        .isEqualTo("rwx------");
    assertThat(Files.readSymbolicLink(out.resolve("l"))).isEqualTo(Path.of("b/f"));
    assertThat(out.resolve("new\nline")).exists();
    assertThat(out.resolve("fifo")).doesNotExist();
  }

  @Test
  void anEmptyTreeIsADirectory(@TempDir Path temp) throws IOException {
    String directory = directory() + "/empty";
    files().uploadTree(Files.createDirectories(temp.resolve("empty")), directory);
    files().downloadTree(directory, temp.resolve("back"));

    assertThat(files().stat(directory).isDirectory()).isTrue();
    assertThat(temp.resolve("back")).isEmptyDirectory();
  }

  @Test
  void whatIsPackedCanBeUnpacked() throws IOException {
    String directory = directory();
    files().write(directory + "/from/sub/file", "x");
    try (InputStream tar = files().pack(directory + "/from")) {
      files().unpack(tar, directory + "/to");
    }
    assertThat(files().list(directory + "/to", 5))
        .extracting(FileEntry::path)
        .containsExactly("sub", "sub/file");
  }

  @Test
  void packingWhatIsNotThereIsAFailure(@TempDir Path temp) {
    String missing = directory() + "/missing";

    FileContentsTopic.assertReason(
        Reason.NOT_FOUND, () -> files().downloadTree(missing, temp.resolve("out")));
  }

  @Test
  void unpackingReplacesFiles() {
    String directory = directory();
    files().unpack(new Tar().file("f", "old").stream(), directory);
    files().unpack(new Tar().directory("d/").file("d/g", "x").file("f", "new").stream(), directory);

    assertThat(files().readText(directory + "/f")).isEqualTo("new");
    assertThat(files().readText(directory + "/d/g")).isEqualTo("x");
  }

  @Test
  void entriesThatWouldLandOutsideAreRefused() {
    String directory = directory();
    String outside =
        sh("cd %s && mkdir outside && pwd".formatted(directory)).stdout().strip() + "/outside";
    files().write(outside + "/victim", "untouched");
    Map<String, Tar> hostile =
        Map.of(
            "an absolute name", new Tar().file(outside + "/made", "x"),
            "a name with ..", new Tar().file("../outside/made", "x"),
            "a hidden ..", new Tar().file("a/../../outside/made", "x"),
            "through a link", new Tar().symlink("l", outside).file("l/made", "x"),
            "through a relative link", new Tar().symlink("l", "../outside").file("l/made", "x"),
            "through a link to a link",
                new Tar().symlink("a", "..").symlink("b", "a/outside").file("b/made", "x"),
            "a directory through a link", new Tar().symlink("l", outside).directory("l/made/"),
            "over a link to a file",
                new Tar().symlink("l", outside + "/victim").hardLink("h", "l").file("h", "x"),
            "a hard link outside",
                new Tar().hardLink("h", "../outside/victim").file("h", "changed"),
            "an absolute hard link",
                new Tar().hardLink("h", outside + "/victim").file("h", "changed"));

    hostile.forEach((what, tar) -> {
      try {
        files().unpack(tar.stream(), directory + "/into");
      } catch (SandboxFileException e) {
        assertThat(e.reason()).as(what).isEqualTo(Reason.UNSAFE_ARCHIVE);
      }
      assertThat(files().list(outside))
          .as(what)
          .extracting(FileEntry::path)
          .containsExactly("victim");
      assertThat(files().readText(outside + "/victim")).as(what).isEqualTo("untouched");
      files().removeTree(directory + "/into");
    });
  }

  @Test
  void namesThatLeaveAreRefusedAndNotBentIntoShape() {
    String directory = directory();
    for (Tar tar :
        new Tar[] {
          new Tar().file("/abs", "x"), new Tar().file("../up", "x"), new Tar().file("a/../b", "x")
        }) {
      FileContentsTopic.assertReason(
          Reason.UNSAFE_ARCHIVE, () -> files().unpack(tar.stream(), directory + "/into"));
    }
  }

  @Test
  void whatIsNoArchiveIsRefused() {
    String directory = directory();
    byte[] whole = new Tar().file("f", "x".repeat(5000)).toBytes();
    byte[][] broken = {
      "no tar at all, only text".repeat(100).getBytes(UTF_8),
      Arrays.copyOf(whole, 1000),
      Arrays.copyOf(whole, 100)
    };
    for (byte[] bytes : broken) {
      assertThatThrownBy(() -> files().unpack(new ByteArrayInputStream(bytes), directory + "/into"))
          .isInstanceOf(SandboxException.class);
    }
    assertThat(sh("echo alive").success()).isTrue();
  }

  // ---- trees of this machine ----

  private static Path tree(Path root) throws IOException {
    Files.createDirectories(root.resolve("a/ b"));
    Files.writeString(root.resolve("a/file"), "contents");
    Files.setLastModifiedTime(
        root.resolve("a/file"), FileTime.from(Instant.parse("2001-02-03T04:05:06Z")));
    Files.write(root.resolve("a/random"), Hashes.bytes(1_000_000, 7));
    Files.writeString(root.resolve("a/tool"), "#!/bin/sh\n");
    Files.setPosixFilePermissions(
        root.resolve("a/tool"), PosixFilePermissions.fromString("rwxr-xr-x"));
    Files.createSymbolicLink(root.resolve("a/link"), Path.of("file"));
    Files.createSymbolicLink(root.resolve("a/broken"), Path.of("/no/such/" + "target".repeat(20)));
    Files.writeString(root.resolve("a/ b/new\nline"), "x");
    Files.writeString(root.resolve("a/" + "long".repeat(60)), "x");
    Path deep = root.resolve("deep" + "/level".repeat(40));
    Files.createDirectories(deep);
    Files.writeString(deep.resolve("file"), "deep");
    Files.createDirectories(root.resolve("empty"));
    Files.createFile(root.resolve("nothing"));
    return root;
  }

  private static Map<String, String> describe(Path root) throws IOException {
    Map<String, String> entries = new TreeMap<>();
    try (Stream<Path> all = Files.walk(root)) {
      for (Path each : all.filter(path -> !path.equals(root)).toList()) {
        String what =
            Files.isSymbolicLink(each)
                ? "-> " + Files.readSymbolicLink(each)
                : PosixFilePermissions.toString(
                        Files.getPosixFilePermissions(each, LinkOption.NOFOLLOW_LINKS))
                    + (Files.isDirectory(each)
                        ? " directory"
                        : " " + Hashes.sha256(Files.readAllBytes(each)));
        entries.put(root.relativize(each).toString(), what);
      }
    }
    return entries;
  }
}
