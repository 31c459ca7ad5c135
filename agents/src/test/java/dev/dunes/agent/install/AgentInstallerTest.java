package dev.dunes.agent.install;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.dunes.agent.AgentException;
import dev.dunes.agent.AgentSettings;
import dev.dunes.agent.InstallProgress;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class AgentInstallerTest {
  private static final RegistryClient.Limits QUICK =
      new RegistryClient.Limits(Duration.ofSeconds(2), Duration.ofMillis(1));
  private static final byte[] GOOD = Tgz.program("9.9.9 (Claude Code)").bytes();
  private static final Pin PIN = Tgz.pin("9.9.9", GOOD);
  private static final PinnedPackage PACKAGE = Tgz.only(PIN);

  @TempDir private Path directory;

  @Test
  void installsOnceAndLetsEverybodyRead() throws IOException {
    List<String> steps = new CopyOnWriteArrayList<>();
    try (FakeRegistry registry = new FakeRegistry().with(PACKAGE, GOOD)) {
      Path installed = installer(registry).install(PIN, progress(steps));

      assertThat(installed).isEqualTo(directory.resolve("agents/claude/9.9.9"));
      assertThat(modes(installed)).isEqualTo("rwxr-xr-x");
      assertThat(modes(installed.getParent())).isEqualTo("rwxr-xr-x");
      assertThat(modes(installed.resolve("claude"))).isEqualTo("rwxr-xr-x");
      assertThat(modes(installed.resolve("package.json"))).isEqualTo("rw-r--r--");
      assertThat(registry.requests)
          .containsExactly("/@scope%2Fclaude-test", "/files/claude-test-9.9.9.tgz");
      assertThat(steps)
          .containsSubsequence(
              "claude 9.9.9 (licence: none)",
              "download claude 9.9.9",
              "unpack claude 9.9.9",
              "try claude 9.9.9");

      assertThat(installer(registry).install(PIN, InstallProgress.SILENT)).isEqualTo(installed);
      assertThat(registry.requests).hasSize(2);
    }
    assertNothingHalfMade();
  }

  @Test
  void installsAnewWhenAskedTo() throws IOException {
    InstallProgress anew =
        new InstallProgress() {
          @Override
          public boolean anew() {
            return true;
          }
        };
    try (FakeRegistry registry = new FakeRegistry().with(PACKAGE, GOOD)) {
      Path installed = installer(registry).install(PIN, InstallProgress.SILENT);
      Files.writeString(installed.resolve("package.json"), "changed");
      assertThat(installer(registry).install(PIN, anew)).isEqualTo(installed);
      assertThat(installed.resolve("package.json")).content().isNotEqualTo("changed");
      assertThat(registry.requests).hasSize(4);
    }
    assertNothingHalfMade();
  }

  @Test
  void severalCallersShareOneDownload() throws Exception {
    try (FakeRegistry registry = new FakeRegistry().with(PACKAGE, GOOD);
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      AgentInstaller installer = installer(registry);
      Callable<Path> install = () -> installer.install(PIN, InstallProgress.SILENT);
      List<Future<Path>> all = threads.invokeAll(List.of(install, install, install, install));

      for (Future<Path> each : all) {
        assertThat(each.get()).isDirectory();
      }
      assertThat(registry.requests).hasSize(2);
    }
  }

  @Test
  void refusesOtherBytesAndKeepsWhatWasThere() throws IOException {
    byte[] older = Tgz.program("9.9.8 (Claude Code)").bytes();
    Pin before = Tgz.pin("9.9.8", older);
    byte[] evil = Tgz.program("9.9.9 (Claude Code) evil").bytes();
    try (FakeRegistry registry = new FakeRegistry()) {
      registry.with(Tgz.only(before), older);
      Path kept = installer(registry).install(before, InstallProgress.SILENT);
      registry.with(PACKAGE, evil);

      AgentException e = failure(registry);

      assertThat(e).hasMessageContaining("is not what was pinned");
      assertThat(kept.resolve("claude")).exists();
    }
    assertNothingHalfMade();
  }

  @Test
  void refusesARegistryThatOffersSomethingElseBeforeAnythingIsDownloaded() throws IOException {
    String other = Integrity.of("other".getBytes(UTF_8)).toString();
    try (FakeRegistry registry = new FakeRegistry()) {
      registry.with(PACKAGE, GOOD).metadata(PACKAGE, other, registry.address() + "files/x.tgz");

      assertThat(failure(registry)).hasMessageContaining("the registry offers " + other);
      assertThat(registry.requests).hasSize(1);
    }
    assertNothingHalfMade();
  }

  @Test
  void aDownloadThatIsCutOffIsTriedAgainAndThenFails() throws IOException {
    try (FakeRegistry registry = new FakeRegistry().with(PACKAGE, GOOD)) {
      registry.at(
          "/files/claude-test-9.9.9.tgz",
          exchange -> {
            exchange.sendResponseHeaders(200, GOOD.length);
            exchange.getResponseBody().write(GOOD, 0, GOOD.length / 2);
          });

      assertThat(failure(registry)).hasMessageContaining("cannot fetch @scope/claude-test@9.9.9");
      // Java's client asks once more by itself when a connection it kept is gone.
      assertThat(registry.requests).hasSizeBetween(4, 7);
    }
    assertNothingHalfMade();
  }

  @Test
  void aServerInTroubleIsAskedAgain() throws IOException {
    AtomicInteger calls = new AtomicInteger();
    try (FakeRegistry registry = new FakeRegistry().with(PACKAGE, GOOD)) {
      registry.at(
          "/files/claude-test-9.9.9.tgz",
          exchange ->
              FakeRegistry.answer(
                  exchange,
                  calls.getAndIncrement() < 2 ? 503 : 200,
                  calls.get() <= 2 ? new byte[0] : GOOD));

      assertThat(installer(registry).install(PIN, InstallProgress.SILENT)).isDirectory();
    }
  }

  static List<Tgz> hostile() {
    return List.of(
        Tgz.program("x").file("package/../../escaped", 0644, "x"),
        Tgz.program("x").file("../escaped", 0644, "x"),
        Tgz.program("x").file("/tmp/dunes-escaped", 0644, "x"),
        Tgz.program("x").file("package/a\\..\\b", 0644, "x"),
        Tgz.program("x").special("package/link", TarConstants.LF_SYMLINK, "/etc/passwd"),
        Tgz.program("x").special("package/link", TarConstants.LF_SYMLINK, "claude"),
        Tgz.program("x").special("package/link", TarConstants.LF_LINK, "package/claude"),
        Tgz.program("x").special("package/dev", TarConstants.LF_CHR, ""),
        Tgz.program("x").special("package/dev", TarConstants.LF_BLK, ""),
        Tgz.program("x").special("package/pipe", TarConstants.LF_FIFO, ""));
  }

  @ParameterizedTest
  @MethodSource("hostile")
  void refusesHostilePackages(Tgz hostile) throws IOException {
    byte[] bytes = hostile.bytes();
    Pin pin = Tgz.pin("9.9.9", bytes);
    try (FakeRegistry registry = new FakeRegistry().with(Tgz.only(pin), bytes)) {
      AgentException e =
          catchThrowableOfType(
              AgentException.class, () -> installer(registry).install(pin, InstallProgress.SILENT));

      assertThat(e).hasMessageContaining("which is refused");
    }
    assertNothingHalfMade();
    assertThat(directory.resolve("agents/claude/escaped")).doesNotExist();
    assertThat(Path.of("/tmp/dunes-escaped")).doesNotExist();
  }

  @Test
  void refusesANameThatComesTwice() throws IOException {
    byte[] bytes = Tgz.program("x").file("package/claude", 0755, "again").bytes();
    Pin pin = Tgz.pin("9.9.9", bytes);
    try (FakeRegistry registry = new FakeRegistry().with(Tgz.only(pin), bytes)) {
      AgentException e =
          catchThrowableOfType(
              AgentException.class, () -> installer(registry).install(pin, InstallProgress.SILENT));

      assertThat(e.code()).isEqualTo("install_failed");
    }
    assertNothingHalfMade();
  }

  @Test
  void refusesAProgramThatDoesNotAnswerAsItShould() throws IOException {
    byte[] bytes = Tgz.program("1.0.0 (Something Else)").bytes();
    Pin pin = Tgz.pin("9.9.9", bytes);
    try (FakeRegistry registry = new FakeRegistry().with(Tgz.only(pin), bytes)) {
      AgentException e =
          catchThrowableOfType(
              AgentException.class, () -> installer(registry).install(pin, InstallProgress.SILENT));

      assertThat(e).hasMessageContaining("1.0.0 (Something Else)");
      assertThat(e.remedy().orElseThrow()).contains("9.9.9 (Claude Code)");
    }
    assertNothingHalfMade();
  }

  @Test
  void credentialsGoToTheRegistryAloneAlsoWhenItRedirects() throws IOException {
    try (FakeRegistry elsewhere = new FakeRegistry().with(PACKAGE, GOOD);
        FakeRegistry registry = new FakeRegistry().with(PACKAGE, GOOD)) {
      String target = elsewhere.address() + "files/claude-test-9.9.9.tgz";
      registry.at(
          "/files/claude-test-9.9.9.tgz",
          exchange -> {
            exchange.getResponseHeaders().add("location", target);
            FakeRegistry.answer(exchange, 302, new byte[0]);
          });
      Files.writeString(
          directory.resolve(".npmrc"),
          "//127.0.0.1:%d/:_authToken=${REGISTRY_TOKEN}\n".formatted(registry.port()));

      AgentSettings settings = settings(registry).with("REGISTRY_TOKEN", "s3cret");
      new AgentInstaller(settings, QUICK).install(PIN, InstallProgress.SILENT);

      assertThat(registry.authorizations).containsExactly("Bearer s3cret", "Bearer s3cret");
      assertThat(elsewhere.authorizations).containsExactly("null");
    }
  }

  @Test
  void endlessRedirectsEnd() throws IOException {
    try (FakeRegistry registry = new FakeRegistry().with(PACKAGE, GOOD)) {
      registry.at(
          "/files/claude-test-9.9.9.tgz",
          exchange -> {
            exchange.getResponseHeaders().add("location", "/files/claude-test-9.9.9.tgz");
            FakeRegistry.answer(exchange, 302, new byte[0]);
          });

      assertThat(failure(registry)).hasMessageContaining("redirects");
    }
  }

  @Test
  void aRegistryThatWantsCredentialsSaysSo() throws IOException {
    try (FakeRegistry registry = new FakeRegistry()) {
      registry.at(
          "/@scope%2Fclaude-test", exchange -> FakeRegistry.answer(exchange, 401, new byte[0]));

      AgentException e = failure(registry);

      assertThat(e).hasMessageContaining("401");
      assertThat(e.remedy().orElseThrow()).contains("_authToken");
      assertThat(registry.requests).hasSize(1);
    }
  }

  @Test
  void aPackageThatIsNotThereIsNamed() throws IOException {
    try (FakeRegistry registry = new FakeRegistry()) {
      registry.at(
          "/@scope%2Fclaude-test",
          exchange -> FakeRegistry.answer(exchange, 200, "{\"versions\":{}}".getBytes(UTF_8)));

      assertThat(failure(registry)).hasMessageContaining("does not have @scope/claude-test@9.9.9");
    }
  }

  @Test
  void aRegistryThatFallsSilentIsGivenUp() throws IOException {
    CountDownLatch forever = new CountDownLatch(1);
    try (FakeRegistry registry = new FakeRegistry().with(PACKAGE, GOOD)) {
      registry.at(
          "/files/claude-test-9.9.9.tgz",
          exchange -> {
            exchange.sendResponseHeaders(200, GOOD.length);
            exchange.getResponseBody().write(GOOD, 0, 10);
            exchange.getResponseBody().flush();
            await(forever);
          });
      RegistryClient.Limits limits =
          new RegistryClient.Limits(Duration.ofMillis(300), Duration.ofMillis(1));

      AgentException e =
          catchThrowableOfType(
              AgentException.class,
              () ->
                  new AgentInstaller(settings(registry), limits)
                      .install(PIN, InstallProgress.SILENT));

      assertThat(e).hasMessageContaining("nothing came for");
      forever.countDown();
    }
    assertNothingHalfMade();
  }

  @Test
  void aRegistryThatIsNotThereIsToldWithARemedy() throws IOException {
    int port;
    try (ServerSocket socket = new ServerSocket(0)) {
      port = socket.getLocalPort();
    }
    AgentSettings settings =
        settings().with("DUNES_NPM_REGISTRY", "http://127.0.0.1:%d".formatted(port));

    AgentException e =
        catchThrowableOfType(
            AgentException.class,
            () -> new AgentInstaller(settings, QUICK).install(PIN, InstallProgress.SILENT));

    assertThat(e).hasMessageContaining("cannot fetch @scope/claude-test@9.9.9");
    assertThat(e.remedy().orElseThrow()).contains("DUNES_AGENTS_OFFLINE");
    assertNothingHalfMade();
  }

  @Test
  void aMirrorThatPassesOnUnreachableAddressesIsAskedItself() throws IOException {
    try (FakeRegistry registry = new FakeRegistry()) {
      registry
          .metadata(PACKAGE, PACKAGE.integrity().toString(), "http://127.0.0.1:1/gone.tgz")
          .at(
              "/@scope/claude-test/-/claude-test-9.9.9.tgz",
              exchange -> FakeRegistry.answer(exchange, 200, GOOD));

      assertThat(installer(registry).install(PIN, InstallProgress.SILENT)).isDirectory();
    }
  }

  @Test
  void installsFromADirectoryWithoutNetworkAndChecksThatToo() throws IOException {
    Path offline = Files.createDirectory(directory.resolve("offline"));
    AgentSettings settings = settings().with("DUNES_AGENTS_OFFLINE", offline.toString());
    AgentInstaller installer = new AgentInstaller(settings, QUICK);

    AgentException missing =
        catchThrowableOfType(
            AgentException.class, () -> installer.install(PIN, InstallProgress.SILENT));
    assertThat(missing).hasMessageContaining("scope-claude-test-9.9.9.tgz");

    Files.write(offline.resolve("scope-claude-test-9.9.9.tgz"), Arrays.copyOf(GOOD, 100));
    AgentException wrong =
        catchThrowableOfType(
            AgentException.class, () -> installer.install(PIN, InstallProgress.SILENT));
    assertThat(wrong).hasMessageContaining("is not what was pinned");

    Files.write(offline.resolve("scope-claude-test-9.9.9.tgz"), GOOD);
    assertThat(installer.install(PIN, InstallProgress.SILENT)).isDirectory();
    assertNothingHalfMade();
  }

  @Test
  void replacesAVersionWhoseMarkerIsOfAnotherPackage() throws IOException {
    byte[] other = Tgz.program("9.9.9 (Claude Code) of another build").bytes();
    Pin before = Tgz.pin("9.9.9", other);
    try (FakeRegistry registry = new FakeRegistry().with(Tgz.only(before), other)) {
      installer(registry).install(before, InstallProgress.SILENT);
      registry.with(PACKAGE, GOOD);
      Path installed = installer(registry).install(PIN, InstallProgress.SILENT);

      assertThat(Files.readString(installed.resolve("claude"))).doesNotContain("another build");
    }
    assertNothingHalfMade();
  }

  private static void await(CountDownLatch latch) throws IOException {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }

  private AgentException failure(FakeRegistry registry) {
    return catchThrowableOfType(
        AgentException.class, () -> installer(registry).install(PIN, InstallProgress.SILENT));
  }

  private AgentInstaller installer(FakeRegistry registry) {
    return new AgentInstaller(settings(registry), QUICK);
  }

  private AgentSettings settings(FakeRegistry registry) {
    return settings().with("DUNES_NPM_REGISTRY", registry.address());
  }

  private AgentSettings settings() {
    return new AgentSettings(
        Map.of("DUNES_AGENTS", directory.resolve("agents").toString()), directory, directory);
  }

  private static InstallProgress progress(List<String> steps) {
    return new InstallProgress() {
      @Override
      public void step(String step, long done, long total) {
        steps.add(step);
      }
    };
  }

  private static String modes(Path path) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
  }

  private void assertNothingHalfMade() throws IOException {
    Path agents = directory.resolve("agents/claude");
    try (Stream<Path> all = Files.list(agents)) {
      assertThat(all.map(path -> path.getFileName().toString()))
          .noneMatch(name -> name.startsWith(".new-"))
          .allMatch(name ->
              name.startsWith(".lock-") || Files.exists(agents.resolve(name).resolve("claude")));
    }
  }
}
