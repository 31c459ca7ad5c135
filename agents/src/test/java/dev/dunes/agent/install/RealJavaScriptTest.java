package dev.dunes.agent.install;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunes.agent.AgentSettings;
import dev.dunes.agent.InstallProgress;
import java.nio.file.Path;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The real packages from this machine's registry, in the usual place so that all tests share it.
 */
@Timeout(600)
final class RealJavaScriptTest {
  @ParameterizedTest
  @ValueSource(strings = {"gemini", "pi", "amp"})
  void isInstalledWithItsNode(String agent) {
    AgentInstaller installer = new AgentInstaller(AgentSettings.current());
    JavaScriptPin pin = Pins.javaScript(agent);
    Path installed = installer.install(pin, InstallProgress.SILENT);

    assertThat(installed.resolve(pin.program())).isExecutable();
    assertThat(installer.installed(pin)).contains(installed);
    assertThat(installer.installed(Pins.node()).orElseThrow().resolve("bin/node")).isExecutable();
  }
}
