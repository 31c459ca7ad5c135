package dev.dunes.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunes.sandbox.spi.ProviderSettings;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ProviderDefaultsTest {
  private static final SandboxSpec WEB = Fixtures.labelled("app", "web");

  private final RecordingProvider provider = new RecordingProvider();

  @Test
  void findReturnsTheRunningOneAndNothingForNoMatch() {
    provider.add("a", WEB, SandboxState.STOPPED, 1);
    provider.add("b", WEB, SandboxState.STARTING, 2);
    provider.add("c", WEB, SandboxState.RUNNING, 3);
    assertThat(provider.find(WEB.labels()).orElseThrow().id()).isEqualTo("c");
    assertThat(provider.find(Map.of("app", "db"))).isEmpty();
  }

  @Test
  void getOrCreateReusesOnlyWithLabels() {
    Sandbox made = provider.getOrCreate(WEB);
    assertThat(provider.getOrCreate(WEB).id()).isEqualTo(made.id());
    assertThat(provider.getOrCreate(SandboxSpec.DEFAULT).id()).isEqualTo("mock-2");
    assertThat(provider.getOrCreate(SandboxSpec.DEFAULT).id()).isEqualTo("mock-3");
  }

  @Test
  void severalCommandsStopAtAFailureOrGoOn() {
    String id = provider.create(SandboxSpec.DEFAULT).id();
    List<Command> commands = Stream.of("echo 1", "fail 2", "echo 3").map(Command::shell).toList();
    assertThat(provider.executeMany(id, commands, true)).hasSize(2);
    assertThat(provider.executeMany(id, commands, false))
        .extracting(ExecResult::exitCode)
        .containsExactly(0, 2, 0);
    assertThat(provider.boxes).containsKey(id);
    assertThat(provider.execute(id, Command.shell("echo x")).stdout()).isEqualTo("x\n");
    assertThatThrownBy(() -> provider.execute("gone", Command.shell("true")))
        .isInstanceOf(SandboxNotFoundException.class)
        .hasMessage("no sandbox 'gone' at provider 'mock'");
  }

  @Test
  void theHealthCheckIsAListing() {
    provider.healthCheck();
    assertThat(provider.lists).hasValue(1);
    assertThat(provider.created).hasValue(0);
  }

  @Test
  void whatASandboxCannotDoSaysWho() {
    Sandbox sandbox = provider.create(SandboxSpec.DEFAULT);
    for (Runnable call :
        List.<Runnable>of(
            sandbox::pause,
            sandbox::resume,
            sandbox::fork,
            sandbox::snapshot,
            () -> sandbox.expose(80))) {
      assertThatThrownBy(call::run)
          .isInstanceOf(UnsupportedCapabilityException.class)
          .hasMessageStartingWith("provider 'mock' cannot ");
    }
  }

  @Test
  void settingsComeBeforeTheEnvironmentAndBlankOnesDoNotCount() {
    ProviderSettings settings =
        new ProviderSettings(Map.of("a", "set", "b", " "), Map.of("A", "env", "B", "env", "C", ""));
    assertThat(settings.settingOrEnv("a", "A")).hasValue("set");
    assertThat(settings.settingOrEnv("b", "B")).hasValue("env");
    assertThat(settings.settingOrEnv("c", "C")).isEmpty();
    assertThat(settings.toString()).contains("a").doesNotContain("set,", "env");
  }
}
