package dev.dunes.guest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.dunes.sandbox.SandboxFileException;
import dev.dunes.sandbox.SandboxFileException.Reason;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Archives made by a sandbox to harm the machine that unpacks them. */
class TreeDownloadTest {
  @TempDir Path temp;
  private Path outside;
  private Path victim;
  private Path into;

  interface Archive {
    void write(Entries entries) throws IOException;
  }

  /** Writes entries as they are told, names and all. */
  static final class Entries {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes, "UTF-8");

    Entries() {
      tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
    }

    Entries file(String name, String contents) throws IOException {
      TarArchiveEntry entry = new TarArchiveEntry(name, true);
      byte[] data = contents.getBytes(UTF_8);
      entry.setSize(data.length);
      tar.putArchiveEntry(entry);
      tar.write(data);
      tar.closeArchiveEntry();
      return this;
    }

    Entries other(String name, byte type, String link) throws IOException {
      TarArchiveEntry entry = new TarArchiveEntry(name, type, true);
      entry.setLinkName(link);
      entry.setMode(0777);
      tar.putArchiveEntry(entry);
      tar.closeArchiveEntry();
      return this;
    }

    Entries symlink(String name, String target) throws IOException {
      return other(name, TarConstants.LF_SYMLINK, target);
    }

    Entries hardLink(String name, String target) throws IOException {
      return other(name, TarConstants.LF_LINK, target);
    }

    byte[] toBytes() throws IOException {
      tar.finish();
      return bytes.toByteArray();
    }
  }

  @BeforeEach
  void makeAVictim() throws IOException {
    outside = Files.createDirectories(temp.resolve("outside"));
    victim = Files.writeString(outside.resolve("victim"), "untouched");
    into = temp.resolve("into");
  }

  static Stream<Arguments> hostile() {
    return Stream.of(
        hostile("an absolute name", e -> e.file("/tmp/never-made-by-a-test", "x")),
        hostile("a name with ..", e -> e.file("../outside/made", "x")),
        hostile("a hidden ..", e -> e.file("a/b/../../../outside/made", "x")),
        hostile("only ..", e -> e.other("../", TarConstants.LF_DIR, "")),
        hostile("through a link", e -> e.symlink("l", "../outside").file("l/made", "x")),
        hostile(
            "through an absolute link",
            e -> e.symlink("l", "/tmp").file("l/never-made-by-a-test", "x")),
        hostile(
            "through two links",
            e -> e.symlink("a", ".").symlink("b", "a/../outside").file("b/made", "x")),
        hostile(
            "a directory through a link",
            e -> e.symlink("l", "../outside").other("l/made/", TarConstants.LF_DIR, "")),
        hostile("a link through a link", e -> e.symlink("l", "../outside").symlink("l/made", "x")),
        hostile(
            "a hard link outside", e -> e.hardLink("h", "../outside/victim").file("h", "changed")),
        hostile("an absolute hard link", e -> e.hardLink("h", "/etc/passwd")),
        hostile(
            "a hard link to a link",
            e -> e.symlink("l", "../outside/victim").hardLink("h", "l").file("h", "changed")),
        hostile(
            "a hard link through a link",
            e -> e.symlink("l", "../outside").hardLink("h", "l/victim").file("h", "changed")),
        hostile("a device", e -> e.other("d", TarConstants.LF_CHR, "")),
        hostile("a block device", e -> e.other("d", TarConstants.LF_BLK, "")),
        hostile("a FIFO", e -> e.other("p", TarConstants.LF_FIFO, "")));
  }

  private static Arguments hostile(String what, Archive archive) {
    return Arguments.of(what, archive);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("hostile")
  void isRefusedAndNothingOutsideIsTouched(String what, Archive archive) throws IOException {
    Entries entries = new Entries();
    archive.write(entries);
    byte[] bytes = entries.toBytes();

    assertThatThrownBy(() -> TreeDownload.read(new ByteArrayInputStream(bytes), into))
        .as(what)
        .isInstanceOfSatisfying(
            SandboxFileException.class,
            e -> assertThat(e.reason()).isEqualTo(Reason.UNSAFE_ARCHIVE));

    assertThat(outside.toFile().list()).containsExactly("victim");
    assertThat(victim).hasContent("untouched");
    assertThat(Path.of("/tmp/never-made-by-a-test")).doesNotExist();
  }

  @Test
  void aFileInPlaceOfALinkReplacesTheLink() throws IOException {
    byte[] bytes = new Entries().symlink("l", "../outside/victim").file("l", "own").toBytes();
    TreeDownload.read(new ByteArrayInputStream(bytes), into);

    assertThat(into.resolve("l")).isRegularFile().hasContent("own");
    assertThat(victim).hasContent("untouched");
  }

  @Test
  void aDirectoryInPlaceOfALinkKeepsItsModeToItself() throws IOException {
    Files.setPosixFilePermissions(
        outside, java.nio.file.attribute.PosixFilePermissions.fromString("rwx------"));
    byte[] bytes =
        new Entries()
            .symlink("l", "../outside")
            .other("l/", TarConstants.LF_DIR, "")
            .file("l/f", "x")
            .toBytes();
    TreeDownload.read(new ByteArrayInputStream(bytes), into);

    assertThat(into.resolve("l/f")).hasContent("x");
    assertThat(
            java.nio.file.attribute.PosixFilePermissions.toString(
                Files.getPosixFilePermissions(outside)))
        .isEqualTo("rwx------");
    assertThat(outside.toFile().list()).containsExactly("victim");
  }

  @Test
  void linksThatWereThereBeforeAreNotFollowedEither() throws IOException {
    Files.createDirectories(into);
    Files.createSymbolicLink(into.resolve("l"), outside);
    byte[] bytes = new Entries().file("l/made", "x").toBytes();

    assertThatThrownBy(() -> TreeDownload.read(new ByteArrayInputStream(bytes), into))
        .isInstanceOf(SandboxFileException.class);
    assertThat(outside.toFile().list()).containsExactly("victim");
  }

  @Test
  void setIdBitsMeanNothingHere() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes)) {
      TarArchiveEntry entry = new TarArchiveEntry("tool");
      entry.setMode(06755);
      tar.putArchiveEntry(entry);
      tar.closeArchiveEntry();
    }
    TreeDownload.read(new ByteArrayInputStream(bytes.toByteArray()), into);

    assertThat((int) Files.getAttribute(into.resolve("tool"), "unix:mode") & 07777).isEqualTo(0755);
  }

  @Test
  void namesInMessagesMoveNoCursor() throws IOException {
    byte[] bytes = new Entries().file("../\u001b[2J\nx", "x").toBytes();

    assertThatThrownBy(() -> TreeDownload.read(new ByteArrayInputStream(bytes), into))
        .isInstanceOf(SandboxFileException.class)
        .message()
        .matches("[ -~]*");
  }

  /** Sealed exceptions or IOException; a broken archive must not surprise. */
  @Property(tries = 100)
  void anyBytesAreAnArchiveOrAFailure(@ForAll byte[] noise, @ForAll int at, @ForAll byte value)
      throws IOException {
    Path root = Files.createTempDirectory("tar");
    try {
      byte[] bytes =
          new Entries()
              .file("a/f", "contents")
              .symlink("l", "a/f")
              .hardLink("h", "a/f")
              .other("d/", TarConstants.LF_DIR, "")
              .toBytes();
      bytes[Math.floorMod(at, bytes.length)] ^= (byte) (value | 1);
      byte[] with = Arrays.copyOf(bytes, bytes.length + noise.length);
      System.arraycopy(noise, 0, with, bytes.length, noise.length);
      for (byte[] each :
          new byte[][] {with, noise, Arrays.copyOf(bytes, Math.floorMod(at, bytes.length))}) {
        Throwable thrown =
            catchThrowable(
                () -> TreeDownload.read(new ByteArrayInputStream(each), root.resolve("x/into")));
        assertThat(
                thrown == null
                    || thrown instanceof IOException
                    || thrown instanceof SandboxFileException)
            .as(String.valueOf(thrown))
            .isTrue();
        assertThat(root.toFile().list()).containsExactly("x");
        assertThat(root.resolve("x").toFile().list()).containsExactly("into");
        HostileTree.delete(root.resolve("x"));
      }
    } finally {
      HostileTree.delete(root);
    }
  }
}
