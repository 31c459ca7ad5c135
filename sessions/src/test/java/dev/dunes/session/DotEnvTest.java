package dev.dunes.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DotEnvTest {
  @Test
  void readsWhatPeopleWrite() {
    assertThat(
            DotEnv.parse(
                """
                # comment
                A=1
                  export B = two words  # comment
                C='single # ${A} $x'
                D="double \\"q\\" \\n ${A}"
                E=
                F=a#b
                G=${A}/${OUTER}/${NOPE:-default}/${NOPE}
                not a line
                H="over
                lines"
                I=${A
                """,
                Map.of("OUTER", "o", "A", "outer wins")))
        .isEqualTo(
            Map.of(
                "A", "1",
                "B", "two words",
                "C", "single # ${A} $x",
                "D", "double \"q\" \n outer wins",
                "E", "",
                "F", "a#b",
                "G", "outer wins/o/default/",
                "H", "over\nlines",
                "I", "${A"));
  }

  @Test
  void theEnvironmentComesFirstAndTheFileIsReadAgain(@TempDir Path directory) throws IOException {
    Settings settings =
        new Settings(Map.of("SET", "process", "SANDSTORM_X", "old", "EMPTY", ""), directory);
    assertThat(settings.get("SET")).contains("process");
    assertThat(settings.get("NEW")).isEmpty();
    assertThat(settings.get("DUNES_X")).contains("old");
    assertThat(settings.get("EMPTY")).isEmpty();

    Files.writeString(directory.resolve(".env"), "SET=file\nNEW=1\nDUNES_X=new\nEMPTY=x\n");
    assertThat(settings.get("SET")).contains("process");
    assertThat(settings.get("NEW")).contains("1");
    assertThat(settings.on("NEW")).isTrue();
    assertThat(settings.get("DUNES_X")).contains("new");
    assertThat(settings.get("EMPTY")).isEmpty();

    Files.writeString(directory.resolve(".env"), "NEW=22\n");
    assertThat(settings.number("NEW", 0, 0, 100)).isEqualTo(22);
    Files.delete(directory.resolve(".env"));
    assertThat(settings.get("NEW")).isEmpty();
    assertThat(settings.toString()).doesNotContain("process");
  }
}
