package dev.dunes.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunes.sandbox.spi.ProviderSettings;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class SelectionTest {
  private final FakeFactory cloud = FakeFactory.needing("cloud", 10, "CLOUD_KEY");
  private final FakeFactory other = FakeFactory.needing("other", 20, "OTHER_KEY");
  private final FakeFactory explicit = FakeFactory.usable("explicit", -1);
  private final FakeFactory local = FakeFactory.usable("local", 1000);

  private Sandboxes with(Map<String, String> configured, Map<String, String> environment) {
    return Sandboxes.builder()
        .factories(List.of(local, explicit, other, cloud))
        .settings(new ProviderSettings(configured, environment))
        .build();
  }

  @Test
  @DisplayName("L23 with nothing set the embedded provider is used, and says why")
  void localIsTheLastResort() {
    assertThat(with(Map.of(), Map.of()).choice())
        .isEqualTo(new ProviderChoice("local", "detected: always there"));
  }

  @Test
  @DisplayName("L23 the first provider whose credentials are set is the default")
  void credentialsDecide() {
    assertThat(with(Map.of(), Map.of("OTHER_KEY", "k")).choice().name()).isEqualTo("other");
    assertThat(with(Map.of(), Map.of("OTHER_KEY", "k", "CLOUD_KEY", "k")).choice())
        .hasToString("cloud (detected: CLOUD_KEY is set)");
  }

  @Test
  void theEnvironmentNamesTheProvider() {
    Map<String, String> both = Map.of("DUNES_PROVIDER", "explicit", "SANDBOX_BACKEND", "cloud");
    assertThat(with(Map.of(), both).choice())
        .isEqualTo(new ProviderChoice("explicit", "DUNES_PROVIDER is set"));
    assertThat(with(Map.of(), Map.of("SANDBOX_BACKEND", " Local ")).choice())
        .isEqualTo(new ProviderChoice("local", "SANDBOX_BACKEND is set"));
  }

  @Test
  void aBlankVariableNamesNothing() {
    assertThat(with(Map.of(), Map.of("DUNES_PROVIDER", " ")).choice().name()).isEqualTo("local");
  }

  @Test
  void theProgramComesBeforeTheEnvironment() {
    Map<String, String> env = Map.of("DUNES_PROVIDER", "explicit");
    assertThat(with(Map.of("default_provider", "other"), env).choice())
        .isEqualTo(new ProviderChoice("other", "default_provider is configured"));
    Sandboxes named =
        Sandboxes.builder()
            .factories(List.of(local))
            .settings(new ProviderSettings(Map.of("default_provider", "other"), env))
            .defaultProvider("local")
            .build();
    assertThat(named.choice()).isEqualTo(new ProviderChoice("local", "set by the program"));
  }

  @Test
  void aProviderNamedByMistakeIsAnErrorNotAnotherProvider() {
    Sandboxes sandboxes = with(Map.of(), Map.of("DUNES_PROVIDER", "lokal"));
    assertThatThrownBy(() -> sandboxes.create(SandboxSpec.DEFAULT))
        .hasMessageContaining("Provider 'lokal' not registered")
        .satisfies(e ->
            assertThat(((SandboxException) e).remedy().orElseThrow())
                .contains("known ones: cloud, other, local, explicit")
                .endsWith("did you mean 'local'?"));
  }

  @Test
  void theFirstRegisteredIsTheDefault() {
    Sandboxes sandboxes =
        Sandboxes.builder()
            .factories(List.of(local))
            .settings(Fixtures.NOTHING_SET)
            .register("one", new RecordingProvider("one"))
            .register("two", new RecordingProvider("two"))
            .build();
    assertThat(sandboxes.choice()).isEqualTo(new ProviderChoice("one", "registered first"));
  }

  @Test
  void detectionOpensNothingAndAsksOnce() {
    Sandboxes sandboxes = with(Map.of(), Map.of("CLOUD_KEY", "k"));
    assertThat(cloud.asked).hasValue(0);
    sandboxes.choice();
    sandboxes.choice();
    sandboxes.providers();
    assertThat(cloud.asked).hasValue(1);
    assertThat(cloud.opened).hasValue(0);
    sandboxes.create(SandboxSpec.DEFAULT);
    assertThat(cloud.opened).hasValue(1);
    assertThat(local.opened).hasValue(0);
  }

  @Test
  void aProviderThatCannotBeUsedSaysWhatItNeeds() {
    Sandboxes sandboxes = with(Map.of(), Map.of());
    assertThatThrownBy(() -> sandboxes.provider("cloud"))
        .isInstanceOf(ProviderException.class)
        .hasMessage("Provider 'cloud' cannot be used: CLOUD_KEY is not set")
        .satisfies(e ->
            assertThat(((SandboxException) e).remedy()).hasValue("it needs nothing; set nothing"));
  }

  @Test
  void theStatusesShowEveryProviderAndWhy() {
    Sandboxes sandboxes =
        Sandboxes.builder()
            .factories(List.of(local, new BrokenFactory(), cloud))
            .settings(Fixtures.NOTHING_SET)
            .register("mine", new RecordingProvider("mine"))
            .build();
    assertThat(sandboxes.providers())
        .extracting(ProviderStatus::name, ProviderStatus::configured, ProviderStatus::reason)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple("mine", true, "registered by the program"),
            org.assertj.core.groups.Tuple.tuple("broken", false, "no idea"),
            org.assertj.core.groups.Tuple.tuple("cloud", false, "CLOUD_KEY is not set"),
            org.assertj.core.groups.Tuple.tuple("local", true, "always there"));
    assertThat(sandboxes.usableProviders()).containsExactly("mine", "local");
  }

  @Test
  void theProvidersOfTheProgramAreKnownByName() {
    assertThat(Providers.names()).containsExactly("recording");
    assertThat(Providers.find("recording")).isPresent();
    assertThat(Providers.find("e3b")).isEmpty();
    assertThatThrownBy(() -> Providers.require("recordng"))
        .hasMessage("Provider 'recordng' not registered");
  }

  @Test
  void thoseThatWantToBeNamedComeLastInTheOrder() {
    assertThat(Providers.inOrder(List.of(explicit, local, other, cloud)))
        .containsExactly(cloud, other, local, explicit);
  }

  @Test
  void settingsAreCheckedByName() {
    assertThatThrownBy(() -> Sandboxes.configure(Map.of("e2b_api_kye", "x")))
        .isInstanceOf(InvalidRequestException.class)
        .satisfies(e ->
            assertThat(((SandboxException) e).remedy().orElseThrow())
                .contains("recording_key")
                .endsWith("did you mean 'e2b_api_key'?"));
  }

  @Test
  void theSharedOneRunsALineAtTheDefaultProvider() {
    Sandboxes.configure(Map.of("default_provider", "recording"));
    assertThat(Sandboxes.shared().choice().name()).isEqualTo("recording");
    assertThat(Sandboxes.run("echo hi").stdout()).isEqualTo("hi\n");
    assertThat(Sandboxes.runMany(List.of("echo 1", "fail 2", "echo 3")))
        .extracting(ExecResult::exitCode)
        .containsExactly(0, 2);
    assertThat(Sandboxes.shared().list("recording", Map.of())).isEmpty();
    try (Sandbox sandbox = Sandbox.create()) {
      assertThat(sandbox.spec().lifetime()).hasSeconds(300);
    }
    Sandbox kept = Sandbox.getOrCreate(Fixtures.labelled("shared", "yes"));
    assertThat(Sandbox.find(Map.of("shared", "yes")).orElseThrow().id()).isEqualTo(kept.id());
    kept.destroy();
  }
}
