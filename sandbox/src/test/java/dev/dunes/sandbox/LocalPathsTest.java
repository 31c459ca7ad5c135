package dev.dunes.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LocalPathsTest {
  @TempDir Path temp;
  private Path allowed;
  private Path outside;
  private Path file;

  @BeforeEach
  void files() throws IOException {
    temp = temp.toRealPath();
    allowed = Files.createDirectory(temp.resolve("allowed"));
    outside = Files.createDirectory(temp.resolve("outside"));
    file = Files.writeString(allowed.resolve("file.txt"), "x");
    Files.writeString(outside.resolve("secret"), "x");
  }

  private static void refused(
      org.assertj.core.api.ThrowableAssert.ThrowingCallable call, String why) {
    assertThatThrownBy(call)
        .isInstanceOf(LocalPathException.class)
        .isInstanceOf(SandboxException.class)
        .hasMessageContaining(why);
  }

  @Test
  void anEmptyPathIsRefused() {
    refused(() -> LocalPaths.check(""), "Empty path");
  }

  @ParameterizedTest
  @ValueSource(strings = {"../x", "a/../b", "/tmp/../etc/passwd", ".."})
  void dotsAreRefused(String path) {
    refused(() -> LocalPaths.check(path), "Path traversal detected");
  }

  @Test
  void dotsWithinANameAreFine() {
    assertThat(LocalPaths.check(allowed.resolve("a..b").toString(), allowed))
        .isEqualTo(allowed.resolve("a..b"));
  }

  @Test
  void onlyAllowedDirectoriesAreEntered() throws IOException {
    assertThat(LocalPaths.check(file.toString(), allowed)).isEqualTo(file);
    refused(
        () -> LocalPaths.check(outside.resolve("secret").toString(), allowed),
        "Path outside allowed directories");
    assertThat(LocalPaths.check(outside.resolve("secret").toString(), allowed, outside))
        .isEqualTo(outside.resolve("secret"));
    Path twin = Files.createDirectory(temp.resolve("allowed-twin"));
    refused(() -> LocalPaths.check(twin.toString(), allowed), "Path outside allowed directories");
  }

  @Test
  void withoutAllowedDirectoriesAnyPathIsFine() {
    assertThat(LocalPaths.check("/nowhere/at/all")).isEqualTo(Path.of("/nowhere/at/all"));
  }

  @Test
  void symbolicLinksAreFollowedBeforeLooking() throws IOException {
    Path link = Files.createSymbolicLink(allowed.resolve("link"), outside.resolve("secret"));
    Path directory = Files.createSymbolicLink(allowed.resolve("dir"), Path.of("../outside"));
    Path dangling = Files.createSymbolicLink(allowed.resolve("new"), outside.resolve("absent"));
    Path inner = Files.createSymbolicLink(allowed.resolve("inner"), Path.of("file.txt"));
    String why = "Path outside allowed directories";
    refused(() -> LocalPaths.forUpload(link.toString(), allowed), why);
    refused(() -> LocalPaths.forUpload(directory.resolve("secret").toString(), allowed), why);
    refused(() -> LocalPaths.forDownload(directory.resolve("new").toString(), allowed), why);
    refused(() -> LocalPaths.forDownload(dangling.toString(), allowed), why);
    assertThat(LocalPaths.forUpload(inner.toString(), allowed)).isEqualTo(file);
  }

  @Test
  void anAllowedDirectoryMayBeALinkItself() throws IOException {
    Path alias = Files.createSymbolicLink(temp.resolve("alias"), allowed);
    assertThat(LocalPaths.check(alias.resolve("file.txt").toString(), alias)).isEqualTo(file);
  }

  @Test
  void linksThatGoInACircleAreRefused() throws IOException {
    Path one = allowed.resolve("one");
    Files.createSymbolicLink(one, allowed.resolve("two"));
    Files.createSymbolicLink(allowed.resolve("two"), one);
    refused(() -> LocalPaths.check(one.toString(), allowed), "Too many symbolic links");
  }

  @Test
  void whatMustExistIsLookedFor() {
    refused(() -> LocalPaths.checkExisting("/nowhere/at/all"), "Path does not exist");
    refused(() -> LocalPaths.forUpload("/nowhere/at/all"), "Path does not exist");
  }

  @Test
  void anUploadIsAFile() {
    assertThat(LocalPaths.forUpload(file.toString())).isEqualTo(file);
    refused(() -> LocalPaths.forUpload(allowed.toString()), "not a file");
  }

  @Test
  void aDownloadHasADirectoryToGoTo() {
    Path target = allowed.resolve("new.txt");
    assertThat(LocalPaths.forDownload(target.toString(), allowed)).isEqualTo(target);
    assertThat(LocalPaths.forDownload(file.toString(), allowed)).isEqualTo(file);
    refused(
        () -> LocalPaths.forDownload(allowed.resolve("no/new.txt").toString()),
        "parent directory does not exist");
    refused(() -> LocalPaths.forDownload(file.resolve("new.txt").toString()), "not a directory");
    refused(() -> LocalPaths.forDownload("/"), "parent directory does not exist");
  }

  @Test
  void permissionsAreRespected() throws IOException {
    assumeFalse(
        Files.isWritable(Path.of("/")),
        "runs as root, for whom everything can be read and written");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("---------"));
    refused(() -> LocalPaths.forUpload(file.toString()), "not readable");
    Files.setPosixFilePermissions(outside, PosixFilePermissions.fromString("r-x------"));
    refused(() -> LocalPaths.forDownload(outside.resolve("new").toString()), "not writable");
  }

  @ParameterizedTest
  @ValueSource(strings = {"mit leer zeichen.txt", "ünïcödé-文件.txt", "-rf", "$(id)", "a'b\"c"})
  void unusualNamesAreFine(String name) throws IOException {
    Path unusual = Files.writeString(allowed.resolve(name), "x");
    assertThat(LocalPaths.forUpload(unusual.toString(), allowed)).isEqualTo(unusual);
  }

  @Test
  void longNamesAreFine() {
    Path path = allowed.resolve("n".repeat(200));
    assertThat(LocalPaths.forDownload(path.toString(), allowed)).isEqualTo(path);
  }

  @Test
  void relativePathsStartAtTheWorkingDirectory() {
    Path resolved = LocalPaths.check("some/./file");
    assertThat(resolved)
        .isEqualTo(LocalPaths.check(Path.of("some/file").toAbsolutePath().toString()));
    assertThat(resolved.isAbsolute()).isTrue();
  }

  @Test
  void malformedPathsAreRefused() {
    refused(() -> LocalPaths.check("a\0b"), "Invalid path");
  }
}
