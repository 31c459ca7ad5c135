package dev.dunes.agent.install;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.dunes.agent.AgentException;
import dev.dunes.agent.AgentSettings;
import dev.dunes.agent.InstallProgress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Trees of packages, installed as they are locked and run by the real Node. */
@Timeout(300)
final class JavaScriptInstallTest {
  private static final RegistryClient.Limits QUICK =
      new RegistryClient.Limits(Duration.ofSeconds(10), Duration.ofMillis(1));
  private static final byte[] APP =
      new Tgz()
          .file("package/main.js", 0600, "old")
          .file("package/./main.js", 0600, "console.log(require('inner').version)")
          .bytes();
  private static final byte[] INNER =
      new Tgz().file("package/index.js", 0600, "exports.version = '3.' + require('deep')").bytes();
  private static final byte[] DEEP =
      new Tgz().file("package/index.js", 0600, "module.exports = '1.4'").bytes();

  @TempDir private Path directory;

  /** The real one; a link, since it is large. */
  @BeforeEach
  void node() throws IOException {
    Path real =
        new AgentInstaller(AgentSettings.current()).install(Pins.node(), InstallProgress.SILENT);
    Path ours = Files.createDirectories(directory.resolve("agents/node"));
    Files.createSymbolicLink(ours.resolve(Pins.node().version()), real);
  }

  private static LockedPackage locked(String place, String name, byte[] tgz, String... cpu) {
    return new LockedPackage(
        place, new PinnedPackage(name, "1.0.0", Integrity.of(tgz)), List.of(cpu), List.of());
  }

  private static JavaScriptPin pin(byte[] deep) {
    return new JavaScriptPin(
        "toy",
        "1.0.0",
        "none",
        "node_modules/@scope/app/main.js",
        "3.1.4",
        List.of("--version"),
        "",
        List.of(
            locked("node_modules/@scope/app", "@scope/app", APP),
            locked("node_modules/@scope/app/node_modules/inner", "other-name", INNER),
            locked("node_modules/deep", "deep", deep),
            locked("node_modules/elsewhere", "elsewhere", DEEP, "mips")));
  }

  private static FakeRegistry serve(FakeRegistry registry, JavaScriptPin pin) {
    for (LockedPackage each : pin.packages()) {
      byte[] tgz =
          Map.of("@scope/app", APP, "other-name", INNER, "deep", DEEP).get(each.source().name());
      registry.at(
          "/" + each.source().name() + "/-/" + each.source().tarballName(),
          exchange -> FakeRegistry.answer(exchange, 200, tgz));
    }
    return registry;
  }

  private AgentInstaller installer(String variable, String value) {
    return new AgentInstaller(
        new AgentSettings(
            Map.of("DUNES_AGENTS", directory.resolve("agents").toString(), variable, value),
            directory,
            directory),
        QUICK);
  }

  @Test
  void everyPackageGoesToItsPlaceAndThoseForOthersAreNotFetched() throws IOException {
    List<String> steps = new CopyOnWriteArrayList<>();
    JavaScriptPin pin = pin(DEEP);
    try (FakeRegistry registry = serve(new FakeRegistry(), pin)) {
      AgentInstaller installer = installer("DUNES_NPM_REGISTRY", registry.address());
      assertThat(installer.installed(pin)).isEmpty();
      Path installed =
          installer.install(
              pin,
              new InstallProgress() {
                @Override
                public void step(String step, long done, long total) {
                  steps.add(step);
                }
              });

      assertThat(installed).isEqualTo(directory.resolve("agents/toy/1.0.0"));
      assertThat(installed.resolve("node_modules/@scope/app/node_modules/inner/index.js")).exists();
      assertThat(registry.requests)
          .containsExactlyInAnyOrder(
              "/@scope/app/-/app-1.0.0.tgz",
              "/other-name/-/other-name-1.0.0.tgz",
              "/deep/-/deep-1.0.0.tgz");
      assertThat(steps)
          .containsSubsequence("toy 1.0.0 (licence: none)", "download toy 1.0.0", "try toy 1.0.0");
      assertThat(installer.install(pin, InstallProgress.SILENT)).isEqualTo(installed);
      assertThat(installer.installed(pin)).contains(installed);
      assertThat(registry.requests).hasSize(3);
    }
    assertNothingHalfMade();
  }

  @Test
  void onePackageThatIsNotWhatWasLockedRefusesAll() throws IOException {
    JavaScriptPin pin = pin("other".getBytes(UTF_8));
    try (FakeRegistry registry = serve(new FakeRegistry(), pin)) {
      AgentInstaller installer = installer("DUNES_NPM_REGISTRY", registry.address());
      AgentException e =
          catchThrowableOfType(
              AgentException.class, () -> installer.install(pin, InstallProgress.SILENT));

      assertThat(e).hasMessageContaining("deep@1.0.0 is not what was pinned");
      assertThat(directory.resolve("agents/toy/1.0.0")).doesNotExist();
    }
    assertNothingHalfMade();
  }

  @Test
  void anotherLockIsAnotherTree() throws IOException {
    byte[] changed = new Tgz().file("package/index.js", 0600, "module.exports = '1.4.1'").bytes();
    JavaScriptPin next = pin(changed);
    try (FakeRegistry registry = serve(new FakeRegistry(), pin(DEEP))) {
      AgentInstaller installer = installer("DUNES_NPM_REGISTRY", registry.address());
      Path installed = installer.install(pin(DEEP), InstallProgress.SILENT);
      registry.at(
          "/deep/-/deep-1.0.0.tgz", exchange -> FakeRegistry.answer(exchange, 200, changed));

      assertThat(installer.installed(next)).isEmpty();
      assertThat(installer.install(next, InstallProgress.SILENT)).isEqualTo(installed);
      assertThat(installed.resolve("node_modules/deep/index.js")).content().contains("1.4.1");
    }
    assertNothingHalfMade();
  }

  @Test
  void aRegistryThatKeepsItsTarballsElsewhereIsAsked() throws IOException {
    JavaScriptPin pin = pin(DEEP);
    try (FakeRegistry registry = new FakeRegistry()) {
      for (LockedPackage each : pin.packages()) {
        registry.with(
            each.source(),
            Map.of("@scope/app", APP, "other-name", INNER, "deep", DEEP).get(each.source().name()));
      }
      Path installed =
          installer("DUNES_NPM_REGISTRY", registry.address()).install(pin, InstallProgress.SILENT);

      assertThat(installed.resolve(pin.program())).isExecutable();
    }
  }

  @Test
  void withoutNetworkFromADirectory() throws IOException {
    JavaScriptPin pin = pin(DEEP);
    Path offline = Files.createDirectory(directory.resolve("offline"));
    Files.write(offline.resolve("scope-app-1.0.0.tgz"), APP);
    Files.write(offline.resolve("other-name-1.0.0.tgz"), INNER);
    AgentInstaller installer = installer("DUNES_AGENTS_OFFLINE", offline.toString());
    AgentException e =
        catchThrowableOfType(
            AgentException.class, () -> installer.install(pin, InstallProgress.SILENT));
    assertThat(e).hasMessageContaining("has no deep-1.0.0.tgz");
    assertThat(e.remedy().orElseThrow()).contains("npm pack deep@1.0.0");

    Files.write(offline.resolve("deep-1.0.0.tgz"), DEEP);
    assertThat(installer.install(pin, InstallProgress.SILENT).resolve(pin.program()))
        .isExecutable();
    assertNothingHalfMade();
  }

  @ParameterizedTest
  @ValueSource(strings = {"amp", "claude-acp", "codex-acp", "gemini", "pi"})
  void theLocksWeShipAreWhole(String agent) throws IOException {
    JavaScriptPin pin = Pins.javaScript(agent);
    String top = pin.program().replaceFirst("^(node_modules/(@[^/]+/)?[^/]+)/.*", "$1");

    assertThat(pin.lock())
        .extracting(LockedPackage::place)
        .contains(top)
        .doesNotHaveDuplicates()
        .allMatch(place -> place.startsWith("node_modules/") && !place.contains(".."));
    assertThat(pin.lock())
        .filteredOn(each -> each.place().equals(top))
        .singleElement()
        .satisfies(each -> assertThat(each.source().version()).isEqualTo(pin.version()));
    assertThat(pin.tree().packages().keySet()).isEqualTo(Pins.node().packages().keySet());
    try (var in = Pins.class.getResourceAsStream("locks/" + agent + ".json")) {
      assertThat(new String(in.readAllBytes(), UTF_8)).doesNotContain("://");
    }
  }

  private void assertNothingHalfMade() throws IOException {
    Path toys = directory.resolve("agents/toy");
    try (Stream<Path> all = Files.list(toys)) {
      assertThat(
              all.map(path -> path.getFileName().toString())
                  .filter(name -> name.startsWith(".new")))
          .isEmpty();
    }
  }
}
