package dev.dunes.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class InputFilesTest {
  private static InputFiles of(String... paths) {
    Map<String, byte[]> files = new LinkedHashMap<>();
    List.of(paths).forEach(path -> files.put(path, new byte[1]));
    return InputFiles.of(files);
  }

  @ParameterizedTest
  @CsvSource({"a//b/./c,a/b/c", "dir/,dir", "a/../b,b", "..foo,..foo", "a b,a b", "C:x,C:x", "é,é"})
  void normalises(String given, String normal) {
    assertThat(of(given).paths()).containsExactly(normal);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ".", "..", "a/../..", "a/../../b", "../x", "./", "a/.."})
  void refusesWhatLeavesTheHome(String path) {
    assertThatThrownBy(() -> of(path)).hasMessage("Path traversal not allowed: " + path);
  }

  @ParameterizedTest
  @ValueSource(strings = {"/a", "\\a", "C:\\a", "c:/a"})
  void refusesAbsolutePaths(String path) {
    assertThatThrownBy(() -> of(path)).hasMessage("Absolute paths are not allowed: " + path);
  }

  @Test
  void refusesTheSamePlaceTwiceAndPlacesWithinEachOther() {
    assertThatThrownBy(() -> of("a", "b/../a")).hasMessage("Duplicate path: a");
    assertThatThrownBy(() -> of("a/b", "a")).hasMessage("Duplicate path: a/b");
    assertThatThrownBy(() -> of("a\0b")).hasMessageContaining("NUL");
    assertThat(of("a", "ab", "a-b").count()).isEqualTo(3);
  }

  @Test
  void boundsAreInclusive() {
    Map<String, byte[]> files = new LinkedHashMap<>();
    for (int i = 0; i < 20; i++) {
      files.put("f" + i, new byte[i == 0 ? 10_000_000 : 0]);
    }
    assertThat(InputFiles.of(files).count()).isEqualTo(20);
    files.put("f1", new byte[1]);
    assertThatThrownBy(() -> InputFiles.of(files))
        .hasMessage("Total file size 10,000,001 bytes exceeds 10MB limit")
        .extracting(e -> ((RunRefusedException) e).field())
        .isEqualTo(java.util.Optional.of("files"));
    files.put("one more", new byte[0]);
    assertThatThrownBy(() -> InputFiles.of(files)).hasMessage("Too many files: 21 (max 20)");
  }

  @Property
  void whatIsAcceptedStaysInside(
      @ForAll List<@net.jqwik.api.constraints.StringLength(max = 3) String> parts) {
    String path = String.join("/", parts);
    try {
      String normal = of(path).paths().iterator().next();
      assertThat(List.of(normal.split("/"))).doesNotContain("", ".", "..");
      assertThat(normal).doesNotStartWith("/").doesNotContain("\0");
    } catch (RunRefusedException e) {
      assertThat(e.field()).contains("files");
    }
  }
}
