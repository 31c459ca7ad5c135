package dev.dunes.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class SandboxesTest {
  private final RecordingProvider first = new RecordingProvider("first");
  private final RecordingProvider second = new RecordingProvider("second");
  private final Sandboxes sandboxes =
      Sandboxes.builder()
          .factories(List.of())
          .settings(Fixtures.NOTHING_SET)
          .register("first", first)
          .register("second", second)
          .build();

  @Test
  void theDefaultProviderMakesASandbox() {
    Sandbox sandbox = sandboxes.create(SandboxSpec.DEFAULT);
    assertThat(sandbox.id()).isEqualTo("mock-1");
    assertThat(sandbox.provider()).isEqualTo("first");
    assertThat(second.created).hasValue(0);
  }

  @Test
  void onlyTheNamedProviderIsCalled() {
    Sandbox sandbox = sandboxes.create(SandboxSpec.DEFAULT, Placement.at("second"));
    assertThat(sandbox.provider()).isEqualTo("second");
    assertThat(first.specs).isEmpty();
  }

  @Test
  void aHandleReportsTheNameItsProviderWasRegisteredUnder() {
    Sandboxes renamed = Fixtures.only("eu", new RecordingProvider("vendor"));
    Sandbox sandbox = renamed.create(Fixtures.labelled("a", "b"));
    assertThat(sandbox.provider()).isEqualTo("eu");
    assertThat(sandbox.info().provider()).isEqualTo("eu");
    assertThat(renamed.get("eu", sandbox.id()).orElseThrow().provider()).isEqualTo("eu");
    assertThat(renamed.list(Map.of()).getFirst().provider()).isEqualTo("eu");
    assertThat(renamed.find(Map.of("a", "b")).orElseThrow().provider()).isEqualTo("eu");
  }

  @Test
  void aProviderThatFailsGivesAProviderException() {
    first.beforeCreate = Fixtures.failing("no capacity");
    assertThatThrownBy(() -> sandboxes.create(SandboxSpec.DEFAULT))
        .isInstanceOf(ProviderException.class)
        .hasMessage("Failed to create sandbox with any provider: no capacity");
  }

  @Test
  void aBugOfAProviderGivesAProviderExceptionWithItsCause() {
    UncheckedIOException bug = new UncheckedIOException(new IOException("socket"));
    first.beforeCreate =
        spec -> {
          throw bug;
        };
    assertThatThrownBy(() -> sandboxes.create(SandboxSpec.DEFAULT))
        .isInstanceOf(ProviderException.class)
        .hasMessageContaining("socket")
        .hasRootCauseMessage("socket");
  }

  @Test
  void anUnknownProviderIsNamedWithTheKnownOnesAndTheNearest() {
    assertThatThrownBy(() -> sandboxes.create(SandboxSpec.DEFAULT, Placement.at("secnd")))
        .isInstanceOf(ProviderException.class)
        .hasMessage("Failed to create sandbox with any provider: Provider 'secnd' not registered")
        .satisfies(e ->
            assertThat(((SandboxException) e).remedy())
                .hasValue("known ones: first, second; did you mean 'second'?"));
    assertThatThrownBy(() -> sandboxes.provider("nothing-like-it"))
        .hasMessage("Provider 'nothing-like-it' not registered");
  }

  @Test
  void withoutAnyProviderItSaysSo() {
    Sandboxes none =
        Sandboxes.builder().factories(List.of()).settings(Fixtures.NOTHING_SET).build();
    assertThatThrownBy(() -> none.create(SandboxSpec.DEFAULT))
        .isInstanceOf(ProviderException.class)
        .hasMessage("No provider specified and no default provider set");
    assertThatThrownBy(none::provider)
        .hasMessage("No provider specified and no default provider set");
  }

  @Test
  void registeringAFactoryOpensItAtOnceOrSaysWhyNot() {
    FakeFactory factory = FakeFactory.usable("x", 1);
    Sandboxes.builder().settings(Fixtures.NOTHING_SET).register("x", factory);
    assertThat(factory.opened).hasValue(1);

    assertThatThrownBy(() -> Sandboxes.builder().register("y", new BrokenFactory()))
        .isInstanceOf(ProviderException.class)
        .hasMessage("Failed to register provider y: no key");
  }

  @Test
  void commandsRunInSandboxesById() {
    String id = sandboxes.create(SandboxSpec.DEFAULT).id();
    ExecResult result = sandboxes.execute("first", id, Command.shell("echo hi"));
    assertThat(result.stdout()).isEqualTo("hi\n");
    assertThat(first.closedHandles).containsExactly(id);
    assertThatThrownBy(() -> sandboxes.execute("first", "gone", Command.shell("true")))
        .isInstanceOf(SandboxNotFoundException.class);
  }

  @Test
  void aSandboxIsFoundByItsIdAtWhicheverProviderKnowsIt() {
    second.add("box", SandboxSpec.DEFAULT, SandboxState.RUNNING, 1);
    assertThat(sandboxes.get("box").orElseThrow().provider()).isEqualTo("second");
    assertThat(sandboxes.get("none")).isEmpty();
    assertThat(sandboxes.destroy("box")).isTrue();
    assertThat(sandboxes.destroy("box")).isFalse();
  }

  @Test
  void anIdThatSeveralProvidersKnowNeedsTheProvider() {
    first.add("box", SandboxSpec.DEFAULT, SandboxState.RUNNING, 1);
    second.add("box", SandboxSpec.DEFAULT, SandboxState.RUNNING, 1);
    assertThatThrownBy(() -> sandboxes.get("box"))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessage("several providers know 'box': first, second");
    assertThat(sandboxes.destroy("second", "box")).isTrue();
    assertThat(sandboxes.get("box").orElseThrow().provider()).isEqualTo("first");
  }

  @Test
  void anIdIsNotCalledUnknownWhileAProviderCannotBeAsked() {
    first.beforeCall =
        () -> {
          throw new ProviderException("down");
        };
    assertThatThrownBy(() -> sandboxes.get("box")).hasMessage("down");
  }

  @Test
  void listingGoesOnWhenOneProviderFails() {
    first.beforeCall =
        () -> {
          throw new ProviderException("down");
        };
    second.add("a", Fixtures.labelled("app", "web"), SandboxState.RUNNING, 1);
    second.add("b", SandboxSpec.DEFAULT, SandboxState.STOPPED, 2);
    assertThat(sandboxes.list(Map.of())).extracting(SandboxInfo::id).containsExactly("a", "b");
    assertThat(sandboxes.list(Map.of("app", "web"))).hasSize(1);
    SandboxListing listing = sandboxes.listing(Map.of());
    assertThat(listing.sandboxes()).hasSize(2);
    assertThat(listing.errors()).containsOnlyKeys("first");
    assertThatThrownBy(() -> sandboxes.list("first", Map.of())).hasMessage("down");
  }

  @Test
  void destroyIsIdempotent() {
    Sandbox sandbox = sandboxes.create(SandboxSpec.DEFAULT);
    assertThat(sandboxes.destroy("first", sandbox.id())).isTrue();
    assertThat(sandboxes.destroy("first", sandbox.id())).isFalse();
  }

  @Test
  void cleanupSparesRunningOnesAndGoesOnAfterAFailure() {
    first.add("run", SandboxSpec.DEFAULT, SandboxState.RUNNING, 1);
    first.add("bad", SandboxSpec.DEFAULT, SandboxState.ERROR, 2);
    second.add("old", SandboxSpec.DEFAULT, SandboxState.STOPPED, 3);
    first.beforeDestroy =
        id -> {
          if (id.equals("bad")) {
            throw new ProviderException("no");
          }
        };
    assertThat(sandboxes.cleanup(Map.of(), true)).isEqualTo(1);
    assertThat(second.destroyed).containsExactly("old");
    assertThat(sandboxes.cleanup("first", Map.of(), false)).isEqualTo(1);
    assertThat(first.destroyed).containsExactly("run");
  }

  @Test
  @DisplayName("L10 the health check makes no sandbox and reports each provider")
  void healthCheck() {
    second.beforeCall =
        () -> {
          throw new ProviderException("down");
        };
    assertThat(sandboxes.healthCheck())
        .containsExactly(Map.entry("first", true), Map.entry("second", false));
    assertThat(sandboxes.healthCheck("first")).isTrue();
    assertThat(sandboxes.healthCheck("second")).isFalse();
    assertThatThrownBy(() -> sandboxes.healthCheck("third")).isInstanceOf(ProviderException.class);
    assertThat(first.specs).isEmpty();
    assertThat(second.specs).isEmpty();
  }

  @Test
  void aNewSandboxIsDestroyedWhateverHappensInIt() {
    SandboxSpec detached = SandboxSpec.builder().detached().build();
    assertThat(sandboxes.inNewSandbox(detached, Placement.DEFAULT, Sandbox::id))
        .isEqualTo("mock-1");
    assertThatThrownBy(() ->
            sandboxes.inNewSandbox(
                SandboxSpec.DEFAULT,
                Placement.DEFAULT,
                s -> {
                  throw new IllegalStateException("mine");
                }))
        .hasMessage("mine");
    assertThat(first.destroyed).containsExactly("mock-1", "mock-2");
  }

  @Test
  void closeEndsWhatItOpenedAndLeavesWhatIsTheCallers() {
    FakeFactory factory = FakeFactory.usable("made", 1);
    Sandboxes own =
        Sandboxes.builder()
            .factories(List.of(factory))
            .settings(Fixtures.NOTHING_SET)
            .register("mine", first)
            .build();
    own.provider("made");
    own.provider("made");
    own.close();
    assertThat(factory.opened).hasValue(1);
    assertThat(factory.provider.closed).isTrue();
    assertThat(first.closed).isFalse();
  }
}
