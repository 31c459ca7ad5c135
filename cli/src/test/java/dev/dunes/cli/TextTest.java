package dev.dunes.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunes.sandbox.TerminalSize;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

/** The small parts that turn things into text and text into things. */
class TextTest {
  @Property
  void anyTextSurvivesJson(@ForAll String text) {
    assertThat(
            JsonMapper.shared().readValue(Json.document(List.of(Map.of(text, text))), Object.class))
        .isEqualTo(List.of(Map.of(text, text)));
    assertThat(JsonMapper.shared().readValue(Json.line(text), String.class)).isEqualTo(text);
  }

  @Property
  void nothingThatIsShownSteersATerminal(@ForAll String text) {
    assertThat(Printable.line(text).chars()).noneMatch(Character::isISOControl);
    assertThat(Printable.line(Printable.line(text))).isEqualTo(Printable.line(text));
  }

  @Test
  void jsonLooksAsUsual() {
    assertThat(Json.document(Arrays.asList(1, null, true, 2.5)))
        .isEqualTo("[\n  1,\n  null,\n  true,\n  2.5\n]\n");
    assertThat(Json.line(Map.of("a", List.of(1, 2)))).isEqualTo("{\"a\": [1, 2]}");
    assertThat(Json.document(Map.of())).isEqualTo("{}\n");
    assertThat(Json.line("é😀\u001b\ud800")).isEqualTo("\"é😀\\u001b\\ud800\"");
  }

  @Test
  void whatWritesBackwardsIsShown() {
    assertThat(Printable.line("a\u202eb\r\n\tc")).isEqualTo("a\\u202eb\\r\\n\\tc");
    assertThat(Printable.line("é 😀 漢")).isEqualTo("é 😀 漢");
  }

  @Test
  void pairsSplitAtTheFirstEqualsSign() {
    assertThat(KeyValues.parse("-e", List.of("A=", "B=c=d", "A=2")))
        .isEqualTo(Map.of("A", "2", "B", "c=d"));
    assertThatThrownBy(() -> KeyValues.parse("-e", List.of("=x")))
        .hasMessage("-e: '=x' is not KEY=VALUE");
  }

  @Test
  void languagesAreKnownByNameAndExtension() {
    Map<String, Language> extensions =
        Map.ofEntries(
            Map.entry("py", Language.PYTHON),
            Map.entry("js", Language.NODE),
            Map.entry("mjs", Language.NODE),
            Map.entry("cjs", Language.NODE),
            Map.entry("ts", Language.TYPESCRIPT),
            Map.entry("go", Language.GO),
            Map.entry("rs", Language.RUST),
            Map.entry("sh", Language.BASH),
            Map.entry("rb", Language.RUBY),
            Map.entry("java", Language.JAVA),
            Map.entry("PY", Language.PYTHON));
    extensions.forEach((ext, language) -> assertThat(Language.ofExtension(ext)).contains(language));
    for (String name :
        List.of(
            "python",
            "node",
            "javascript",
            "typescript",
            "go",
            "rust",
            "bash",
            "sh",
            "ruby",
            "java")) {
      assertThat(Language.named(name)).isPresent();
    }
    assertThat(Language.named("SH")).contains(Language.SH);
    assertThat(Language.named("cobol")).isEmpty();
    assertThat(Language.NODE.fileName("a.mjs")).isEqualTo("a.mjs");
    assertThat(Language.GO.fileName("tool.txt")).isEqualTo("main.go");
    assertThat(Language.SH.fileName(".sh")).isEqualTo("main.sh");
  }

  @Test
  void terminalsSayTheirSize() {
    assertThat(RawTerminal.parse("24 80")).contains(new TerminalSize(80, 24));
    assertThat(RawTerminal.parse("0 0")).isEmpty();
    assertThat(RawTerminal.parse("")).isEmpty();
    assertThat(RawTerminal.parse("what 80")).isEmpty();
  }
}
