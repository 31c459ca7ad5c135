package dev.dunes.provider.cloud;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunes.sandbox.FileEntry;
import dev.dunes.sandbox.SandboxMetrics;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What programs of a sandbox say is made of whatever runs in it. */
@Timeout(60)
class HostileSandboxTest {
  private static List<FileEntry> entries(String time) {
    String facts = "f 644 3 %s 0 0\0name\0\0f 644 3 1.5 0 0\0other\0\0".formatted(time);
    return FileEntries.read(facts.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void timesAreSecondsAndPartsOfThem() {
    assertThat(entries("-1.25"))
        .extracting(FileEntry::modifiedAt)
        .containsExactly(Instant.ofEpochSecond(-2, 750_000_000), Instant.ofEpochMilli(1500));
  }

  @ParameterizedTest
  @ValueSource(strings = {"1e999999999", "1E-999999999", "9999999999999999999999", "", "0x1"})
  void aTimeThatIsNoneTakesNoMemoryAndHidesNothingElse(String time) {
    assertThat(entries(time)).extracting(FileEntry::path).containsExactly("other");
  }

  @Test
  void numbersThatAreNoneGiveNoNegativeUse() {
    String all =
        """
        processes 99999999999999999999
        ticks 1e300
        hertz -5
        resident -1
        limit max
        disk NaN
        """;
    ScriptResult said =
        new ScriptResult("vendor", "id", 0, all.getBytes(StandardCharsets.UTF_8), "");

    SandboxMetrics metrics = ShellMetrics.of(said, Optional.empty());

    assertThat(metrics.processes()).isEqualTo(Integer.MAX_VALUE);
    assertThat(metrics.cpuTime()).isPositive();
    assertThat(metrics.memoryBytes()).isZero();
    assertThat(metrics.memoryLimitBytes()).isEmpty();
    assertThat(metrics.diskUsedBytes()).isZero();
    assertThat(metrics.uptime()).isEqualTo(Duration.ZERO);
  }
}
