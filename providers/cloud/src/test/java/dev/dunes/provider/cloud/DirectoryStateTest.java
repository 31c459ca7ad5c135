package dev.dunes.provider.cloud;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class DirectoryStateTest {
  /** {@code KIND INODE SIZE MODIFIED CHANGED PATH}. */
  private static DirectoryState state(String... nodes) {
    StringBuilder listing = new StringBuilder();
    for (String node : nodes) {
      listing.append(node).append('\0');
    }
    return DirectoryState.read(listing.toString().getBytes(StandardCharsets.UTF_8));
  }

  private static List<String> changes(DirectoryState before, DirectoryState after) {
    return before.until(after).stream()
        .map(each -> each.type() + " " + each.path() + (each.directory() ? "/" : ""))
        .toList();
  }

  @Test
  void whatComesGoesAndChangesIsTold() {
    DirectoryState before =
        state("d 1 9 1 1 d", "f 2 9 1 1 d/gone", "f 3 9 1 1 same", "f 4 9 1 1 w", "f 5 9 1 1 m");
    DirectoryState after =
        state("d 1 9 2 2 d", "f 3 9 1 1 same", "f 4 8 2 2 w", "f 5 9 1 2 m", "f 6 0 2 2 a b");

    assertThat(changes(before, after))
        .containsExactly(
            "REMOVED d/gone", "CREATED a b", "WRITTEN a b", "ATTRIBUTES m", "WRITTEN w");
    assertThat(changes(after, after)).isEmpty();
  }

  @Test
  void aDirectoryIsMovedWithAllThatIsInIt() {
    DirectoryState before = state("d 1 9 1 1 a", "f 2 9 1 1 a/x", "f 3 9 1 1 a/y");
    DirectoryState after = state("d 1 9 1 2 b", "f 2 9 1 1 b/x", "f 3 9 1 1 b/z");

    assertThat(changes(before, after))
        .containsExactly("MOVED_AWAY a/", "MOVED_HERE b/", "MOVED_AWAY a/y", "MOVED_HERE b/z");
  }

  /** File systems give the number of a file that is gone to the next one. */
  @Test
  void anotherFileWithTheSameNumberIsNoMove() {
    assertThat(changes(state("f 7 1 1 1 old"), state("f 7 1 2 2 new")))
        .containsExactly("REMOVED old", "CREATED new", "WRITTEN new");
  }

  @Test
  void whatMakesNoSenseOrIsOursIsLeftOut() {
    DirectoryState after =
        state("f 1 1 1 1 /etc/passwd", "f 2 1 1 1 ../up", "f 3 1 1 1 a/../b", "f 4", "");

    assertThat(changes(state(), after)).isEmpty();
    assertThat(changes(state(), state("f 5 1 1 1 .dunes-part", "f 6 1 1 1 .dunes")))
        .containsExactly("CREATED .dunes", "WRITTEN .dunes");
  }

  @Test
  void aFileInThePlaceOfADirectoryIsAnother() {
    assertThat(changes(state("d 1 1 1 1 x"), state("f 2 1 1 1 x")))
        .containsExactly("REMOVED x/", "CREATED x");
  }
}
