package dev.dunes.agent.install;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class PlatformTest {
  @TempDir private Path directory;

  @Test
  void aProcessorWithoutAvx2GetsThePackageForIt() throws IOException {
    Map<String, PinnedPackage> packages = Pins.of("opencode").packages();

    assertThat(chosen(packages, "linux-x64", "flags\t: fpu sse2 avx avx2 bmi2"))
        .contains("opencode-linux-x64");
    assertThat(chosen(packages, "linux-x64", "flags\t: fpu sse2 avx avx2x"))
        .contains("opencode-linux-x64-baseline");
    assertThat(chosen(packages, "linux-x64-musl", "flags\t: fpu"))
        .contains("opencode-linux-x64-baseline-musl");
    assertThat(chosen(packages, "linux-arm64", "Features\t: fp asimd"))
        .contains("opencode-linux-arm64");
  }

  @Test
  void anAgentWithOnePackageForAllProcessorsGetsThat() throws IOException {
    Map<String, PinnedPackage> packages = Pins.of("claude").packages();

    assertThat(chosen(packages, "linux-x64", "flags\t: fpu"))
        .contains("@anthropic-ai/claude-code-linux-x64");
    assertThat(chosen(packages, "plan9-x64", "flags\t: fpu")).isEmpty();
  }

  @Test
  void aPlatformMayHaveAVersionOfItsOwn() {
    Pin usual = Pins.of("opencode", Optional.of("linux-x64"));
    Pin other = Pins.of("opencode", Optional.of("linux-arm64"));

    assertThat(usual.version()).isEqualTo("1.18.33");
    assertThat(usual.answers()).isEqualTo("1.18.33");
    assertThat(other.version()).isEqualTo(other.packages().get("linux-arm64").version());
    assertThat(other.answers()).isEqualTo(other.version()).isNotEqualTo("1.18.33");
    assertThat(Pins.of("opencode", Optional.empty())).isEqualTo(usual);
  }

  private Optional<String> chosen(
      Map<String, PinnedPackage> packages, String platform, String processor) throws IOException {
    Path file = Files.writeString(directory.resolve("cpuinfo"), "processor\t: 0\n" + processor);
    return Platform.choose(packages, platform, file).map(PinnedPackage::name);
  }
}
