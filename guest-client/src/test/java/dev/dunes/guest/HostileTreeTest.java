package dev.dunes.guest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HostileTreeTest {
  @TempDir Path temp;

  @Test
  void removesATreeAndSaysWhetherItWasThere() throws IOException {
    Path tree = temp.resolve("tree");
    Files.createDirectories(tree.resolve("a/b/c"));
    Files.writeString(tree.resolve("a/b/c/file"), "x");
    Files.writeString(tree.resolve("a/ name\nwith everything \u00e9"), "x");

    assertThat(HostileTree.delete(tree)).isTrue();
    assertThat(tree).doesNotExist();
    assertThat(HostileTree.delete(tree)).isFalse();
  }

  @Test
  void neverFollowsSymbolicLinks() throws IOException {
    Path outside = Files.createDirectories(temp.resolve("outside"));
    Files.writeString(outside.resolve("kept"), "x");
    Path tree = Files.createDirectories(temp.resolve("tree/deep"));
    Files.createSymbolicLink(tree.resolve("link"), outside);
    Files.createSymbolicLink(tree.getParent().resolve("up"), temp);
    Files.createSymbolicLink(tree.resolve("broken"), Path.of("/nonexistent"));

    HostileTree.delete(temp.resolve("tree"));

    assertThat(temp.resolve("tree")).doesNotExist();
    assertThat(outside.resolve("kept")).exists();
  }

  @Test
  void aLinkInPlaceOfTheTreeIsRemovedItself() throws IOException {
    Path outside = Files.createDirectories(temp.resolve("outside"));
    Path link = Files.createSymbolicLink(temp.resolve("link"), outside);

    assertThat(HostileTree.delete(link)).isTrue();

    assertThat(Files.exists(link, LinkOption.NOFOLLOW_LINKS)).isFalse();
    assertThat(outside).exists();
  }

  @Test
  void depthBeyondTheLongestPathIsNoShelter() throws Exception {
    Path tree = Files.createDirectories(temp.resolve("tree"));
    Process made =
        new ProcessBuilder("python3", "-c", DEEPER).directory(tree.toFile()).inheritIO().start();
    assertThat(made.waitFor()).isZero();

    HostileTree.delete(tree);

    assertThat(tree).doesNotExist();
  }

  private static final String DEEPER =
      """
      import os
      for i in range(1000):
          os.mkdir('d' * 8)
          os.chdir('d' * 8)
      open('file', 'w').close()
      """;

  @Test
  void directoriesWithoutPermissionsAreRemovedToo() throws IOException {
    Path inner = Files.createDirectories(temp.resolve("tree/locked/inner"));
    Files.writeString(inner.resolve("file"), "x");
    Files.setPosixFilePermissions(inner, PosixFilePermissions.fromString("---------"));
    Files.setPosixFilePermissions(inner.getParent(), PosixFilePermissions.fromString("---------"));

    HostileTree.delete(temp.resolve("tree"));

    assertThat(temp.resolve("tree")).doesNotExist();
  }

  @Test
  void namesThatLookLikeItsOwnAreNoObstacle() throws IOException {
    Path tree = Files.createDirectories(temp.resolve("tree"));
    for (int i = 0; i < 5; i++) {
      Files.createDirectories(
          tree.resolve(".dunes-flattened-" + i + "/.dunes-flattened-" + i + "/x"));
    }

    HostileTree.delete(tree);

    assertThat(tree).doesNotExist();
  }

  @Test
  void manyEntriesAreRemoved() throws IOException {
    Path tree = Files.createDirectories(temp.resolve("tree"));
    for (int i = 0; i < 50; i++) {
      Path each = Files.createDirectories(tree.resolve("d" + i));
      for (int j = 0; j < 40; j++) {
        Files.write(each.resolve("f" + j), "x".getBytes(StandardCharsets.UTF_8));
        Files.createDirectories(each.resolve("sub" + j));
      }
    }

    HostileTree.delete(tree);

    assertThat(tree).doesNotExist();
  }
}
