package dev.dunes.cli.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.slf4j.event.Level;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class LogLineTest {
  private static LogLine line(String message, Map<String, Object> values, @Nullable Throwable why) {
    Optional<Instant> time = Optional.of(Instant.parse("2026-01-02T03:04:05.006789Z"));
    return new LogLine(time, Level.WARN, "dev.dunes.x", message, values, why);
  }

  @Test
  void hasItsKeysInOrder() {
    assertThat(line("two words", Map.of("ms", 1.5), null).logfmt())
        .isEqualTo(
            "ts=2026-01-02T03:04:05.006Z level=warn target=dev.dunes.x message=\"two words\" ms=1.5\n");
  }

  @Test
  void whereTheTimeIsNotShownThereIsNone() {
    assertThat(new LogLine(Optional.empty(), Level.INFO, "x", "m", Map.of(), null).logfmt())
        .isEqualTo("level=info target=x message=m\n");
  }

  @Test
  void nobodyWritesALineOfTheirOwn() {
    assertThat(shown("a\nlevel=error")).isEqualTo("\"a\\nlevel=error\"");
    assertThat(shown("a\rb")).isEqualTo("\"a\\rb\"");
    assertThat(shown("a=b")).isEqualTo("\"a=b\"");
    assertThat(shown("a\tb")).isEqualTo("\"a\\tb\"");
    assertThat(shown("a" + (char) 0x2028 + "b")).isEqualTo("\"a\\u2028b\"");
    assertThat(shown("a" + (char) 0x1b + "[31mb")).isEqualTo("\"a\\u001b[31mb\"");
    assertThat(shown("plain")).isEqualTo("plain");
  }

  private static String shown(String message) {
    String line = line(message, Map.of(), null).logfmt();
    return line.substring(line.indexOf(" message=") + " message=".length(), line.length() - 1);
  }

  @Test
  void quotesAndBackslashesAreEscaped() {
    assertThat(line("say \"\\\"", Map.of("empty", ""), null).logfmt())
        .endsWith("message=\"say \\\"\\\\\\\"\" empty=\"\"\n");
  }

  @Test
  void aStackTraceFollows() {
    assertThat(line("m", Map.of(), new IOException("gone")).logfmt().lines().toList())
        .element(1)
        .isEqualTo("java.io.IOException: gone");
  }

  @Test
  void asJsonItIsOneObject() {
    String json = line("two\nlines", Map.of("status", 200), new IOException("gone")).json();
    assertThat(json.lines()).hasSize(1);
    JsonNode read = JsonMapper.shared().readTree(json);
    assertThat(read.propertyNames())
        .containsExactly("ts", "level", "target", "message", "status", "error");
    assertThat(read.get("message").asString()).isEqualTo("two\nlines");
    assertThat(read.get("status").asInt()).isEqualTo(200);
    assertThat(read.get("error").asString()).startsWith("java.io.IOException: gone");
  }
}
