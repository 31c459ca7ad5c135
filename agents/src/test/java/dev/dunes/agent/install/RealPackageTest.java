package dev.dunes.agent.install;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunes.agent.AgentSettings;
import dev.dunes.agent.InstallProgress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The real package from this machine's registry, in the usual place so that all tests share it. */
final class RealPackageTest {
  @Test
  @Timeout(600)
  void isInstalled() throws IOException {
    Pin pin = Pins.of("claude");
    Path installed =
        new AgentInstaller(AgentSettings.current()).install(pin, InstallProgress.SILENT);

    assertThat(installed.resolve("claude")).isExecutable();
    assertThat(Files.size(installed.resolve("claude"))).isGreaterThan(100L << 20);
    assertThat(Files.readString(installed.resolve(".dunes-installed.json")))
        .contains(pin.packages().get(Platform.current()).integrity().toString());
  }
}
