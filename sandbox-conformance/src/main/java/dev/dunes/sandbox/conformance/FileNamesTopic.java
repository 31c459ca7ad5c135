package dev.dunes.sandbox.conformance;

import static dev.dunes.sandbox.conformance.FileContentsTopic.assertReason;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunes.sandbox.FileEntry;
import dev.dunes.sandbox.InvalidRequestException;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxFileException.Reason;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Names: listing, moving, removing, linking. */
abstract class FileNamesTopic extends Topic {
  FileNamesTopic(Supplier<Suite> suite) {
    super(suite);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        " ",
        "a b",
        "new\nline",
        "é😀",
        "-rf",
        "'quote\"",
        "$HOME",
        "`id`",
        "*",
        "\\",
        ".hidden",
        "...",
        "a;b",
        "#x",
        "%s",
        "evil;touch pwn.txt"
      })
  void anyNameIsAName(String name) {
    String directory = directory();
    String path = directory + "/" + name;

    files().write(path, "x");
    assertThat(files().readText(path)).isEqualTo("x");
    assertThat(files().stat(path).path()).isEqualTo(name);
    assertThat(files().list(directory)).extracting(FileEntry::path).containsExactly(name);
    files().move(path, path + "2");
    assertThat(files().list(directory)).extracting(FileEntry::path).containsExactly(name + "2");
    files().remove(path + "2");
    assertThat(files().list(directory)).isEmpty();
    assertThat(files().exists("pwn.txt")).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a\0b"})
  void whatIsNoNameIsRefused(String name) {
    assertThatThrownBy(() -> files().write(name, "x")).isInstanceOf(InvalidRequestException.class);
    assertThatThrownBy(() -> files().stat(name)).isInstanceOf(InvalidRequestException.class);
  }

  @Test
  void namesMayBeAsLongAsTheFileSystemAllowsAndNoLonger() {
    String directory = directory();
    files().write(directory + "/" + "n".repeat(255), "x");

    assertThat(files().list(directory)).hasSize(1);
    assertThatThrownBy(() -> files().write(directory + "/" + "n".repeat(256), "x"))
        .isInstanceOf(SandboxException.class);
    assertThatThrownBy(() -> files().write(directory + "/n".repeat(3000), "x"))
        .isInstanceOf(SandboxException.class);
  }

  // ---- listing ----

  @Test
  void listingsAreInOrderAndRelative() {
    String directory = directory();
    for (String name : List.of("b", "a/z", "a/b/c", "B", "a.txt", "é")) {
      files().write(directory + "/" + name, "x");
    }

    assertThat(files().list(directory))
        .extracting(FileEntry::path)
        .containsExactly("B", "a", "a.txt", "b", "é");
    assertThat(files().list(directory, 2))
        .extracting(FileEntry::path)
        .containsExactly("B", "a", "a/b", "a/z", "a.txt", "b", "é");
    assertThat(files().list(directory, 10))
        .extracting(FileEntry::path)
        .contains("a/b/c")
        .hasSize(8);
  }

  @Test
  void entriesSayWhatTheyAre() {
    String directory = directory();
    sh(
        "cd %s && mkdir d && printf 12345 > f && ln -s f l && mkfifo p && chmod 640 f"
            .formatted(directory));

    assertThat(files().list(directory))
        .extracting(FileEntry::path, FileEntry::kind)
        .containsExactly(
            org.assertj.core.api.Assertions.tuple("d", FileEntry.Kind.DIRECTORY),
            org.assertj.core.api.Assertions.tuple("f", FileEntry.Kind.FILE),
            org.assertj.core.api.Assertions.tuple("l", FileEntry.Kind.SYMLINK),
            org.assertj.core.api.Assertions.tuple("p", FileEntry.Kind.OTHER));
    FileEntry file = files().list(directory).get(1);
    assertThat(file.size()).isEqualTo(5);
    assertThat(file.mode()).isEqualTo(0640);
    assertThat(file.uid()).isEqualTo(Integer.parseInt(sh("id -u").stdout().strip()));
    assertThat(files().list(directory).get(2).linkTarget()).contains("f");
  }

  @Test
  void emptyDirectoriesAreEmpty() {
    assertThat(files().list(directory())).isEmpty();
    assertThat(files().list(directory(), 5)).isEmpty();
  }

  @Test
  void manyEntriesAreListed() {
    String directory = directory();
    sh("cd %s && seq 1 5000 | xargs touch".formatted(directory));

    assertThat(files().list(directory))
        .hasSize(5000)
        .extracting(FileEntry::path)
        .contains("1", "5000");
  }

  @Test
  void namesThatAreNoTextDoNotBreakAListing() {
    String directory = directory();
    sh("cd %s && touch good && touch \"$(printf 'bad\\377name')\"".formatted(directory));

    assertThat(files().list(directory)).hasSize(2).extracting(FileEntry::path).contains("good");
  }

  // ---- making, moving, removing ----

  @Test
  void directoriesAreMadeWithTheirParents() {
    String path = directory() + "/a/b/c";

    assertThat(files().mkdir(path)).isTrue();
    assertThat(files().mkdir(path)).isFalse();
    assertThat(files().stat(path).isDirectory()).isTrue();
    files().write(path + "/file", "x");
    assertThatThrownBy(() -> files().mkdir(path + "/file")).isInstanceOf(SandboxException.class);
    assertThatThrownBy(() -> files().mkdir(path + "/file/below"))
        .isInstanceOf(SandboxException.class);
  }

  @Test
  void movingKeepsWhatIsAtTheNewName() {
    String directory = directory();
    files().write(directory + "/a", "a");
    files().write(directory + "/b", "b");

    assertReason(Reason.EXISTS, () -> files().move(directory + "/a", directory + "/b"));
    assertThat(files().readText(directory + "/b")).isEqualTo("b");
    files().moveReplacing(directory + "/a", directory + "/b");
    assertThat(files().readText(directory + "/b")).isEqualTo("a");
    assertThat(files().exists(directory + "/a")).isFalse();
  }

  @Test
  void directoriesMoveWithTheirContents() {
    String directory = directory();
    files().write(directory + "/from/sub/file", "x");
    files().move(directory + "/from", directory + "/to");

    assertThat(files().readText(directory + "/to/sub/file")).isEqualTo("x");
    assertThatThrownBy(() -> files().move(directory + "/to", directory + "/to/sub/inside"))
        .isInstanceOf(SandboxException.class);
    assertThat(files().readText(directory + "/to/sub/file")).isEqualTo("x");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/tmp", "/dev/shm"})
  void movingToAnotherFileSystemKeepsEverything(String other) {
    org.junit.jupiter.api.Assumptions.assumeTrue(
        sh("test -d %1$s && test -w %1$s".formatted(other)).success(),
        "the sandbox has no writable " + other);
    String directory = directory();
    String there = other + "/" + Suite.unique();
    sh(
        "cd %s && mkdir -p t/sub && echo x > t/sub/f && chmod 751 t/sub/f && ln -s sub/f t/l && ln t/sub/f t/hard"
            .formatted(directory));

    files().move(directory + "/t", there);
    assertThat(files().exists(directory + "/t")).isFalse();
    files().move(there, directory + "/back");

    assertThat(files().exists(there)).isFalse();
    assertThat(files().readText(directory + "/back/sub/f")).isEqualTo("x\n");
    assertThat(files().stat(directory + "/back/sub/f").mode()).isEqualTo(0751);
    assertThat(files().statLink(directory + "/back/l").linkTarget()).contains("sub/f");
    assertThat(files().readText(directory + "/back/hard")).isEqualTo("x\n");
  }

  @Test
  void removingTakesFilesLinksAndEmptyDirectories() {
    String directory = directory();
    sh(
        "cd %s && mkdir -p empty full && touch file full/file && ln -s full link"
            .formatted(directory));

    files().remove(directory + "/file");
    files().remove(directory + "/link");
    files().remove(directory + "/empty");
    assertReason(Reason.NOT_EMPTY, () -> files().remove(directory + "/full"));
    assertThat(files().list(directory, 2))
        .extracting(FileEntry::path)
        .containsExactly("full", "full/file");
    files().removeTree(directory + "/full");
    assertThat(files().list(directory)).isEmpty();
  }

  @Test
  void removingATreeFollowsNoLinks() {
    String directory = directory();
    sh(
        "cd %s && mkdir -p kept tree/sub && touch kept/file && ln -s ../kept tree/link && ln -s ../../kept tree/sub/link"
            .formatted(directory));
    files().removeTree(directory + "/tree");

    assertThat(files().exists(directory + "/tree")).isFalse();
    assertThat(files().exists(directory + "/kept/file")).isTrue();
    sh("cd %s && ln -s kept link".formatted(directory));
    files().removeTree(directory + "/link");
    assertThat(files().exists(directory + "/kept/file")).isTrue();
  }

  @Test
  void removingATreeTakesAFileToo() {
    String path = directory() + "/file";
    files().write(path, "x");
    files().removeTree(path);

    assertThat(files().exists(path)).isFalse();
  }

  @Test
  void removingADeepTreeWorks() {
    String directory = directory();
    // deeper than the longest path there is
    sh(
        "cd %s && n=$(printf %%0250d 0) && for i in $(seq 40); do mkdir $n && cd -P ./$n; done; touch end"
            .formatted(directory));
    files().removeTree(directory);

    assertThat(files().exists(directory)).isFalse();
  }

  // ---- links ----

  @Test
  void linksAreFollowedUnlessAskedAbout() {
    String directory = directory();
    files().write(directory + "/file", "12345");
    files().symlink("file", directory + "/link");
    files().symlink("nowhere", directory + "/broken");

    assertThat(files().readText(directory + "/link")).isEqualTo("12345");
    assertThat(files().stat(directory + "/link").kind()).isEqualTo(FileEntry.Kind.FILE);
    assertThat(files().stat(directory + "/link").size()).isEqualTo(5);
    assertThat(files().statLink(directory + "/link").kind()).isEqualTo(FileEntry.Kind.SYMLINK);
    assertThat(files().statLink(directory + "/link").linkTarget()).contains("file");
    assertThat(files().exists(directory + "/broken")).isFalse();
    assertThat(files().statLink(directory + "/broken").linkTarget()).contains("nowhere");
    assertReason(Reason.EXISTS, () -> files().symlink("x", directory + "/link"));
  }

  @Test
  void linksInACircleAreAFailure() {
    String directory = directory();
    files().symlink("b", directory + "/a");
    files().symlink("a", directory + "/b");

    assertThatThrownBy(() -> files().readBytes(directory + "/a"))
        .isInstanceOf(SandboxException.class);
    assertThat(files().list(directory, 5)).hasSize(2);
  }

  @Test
  void aLinkToADirectoryAboveDoesNotListForEver() {
    String directory = directory();
    files().symlink("..", directory + "/up");

    assertThat(files().list(directory, 50)).extracting(FileEntry::path).containsExactly("up");
  }
}
