package dev.dunes.agent.install;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.dunes.agent.AgentException;
import dev.dunes.agent.AgentSettings;
import dev.dunes.agent.InstallProgress;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Installers in other processes: killed ones, ones at the same time, and a disk that is full. */
final class InstallElsewhereTest {
  private static final byte[] GOOD = Tgz.program("9.9.9 (Claude Code)").bytes();
  private static final Pin PIN = Tgz.pin("9.9.9", GOOD);
  private static final PinnedPackage PACKAGE = Tgz.only(PIN);

  @TempDir private Path directory;

  /** The other process: installs to a directory from a registry, with variables. */
  static final class Main {
    private Main() {}

    public static void main(String[] args) {
      Pin pin = Tgz.pin("9.9.9", GOOD);
      AgentSettings settings =
          new AgentSettings(
              Map.of("DUNES_AGENTS", args[0], "DUNES_NPM_REGISTRY", args[1]),
              Path.of(args[0]),
              Path.of(args[0]));
      for (String variable : List.of(args).subList(2, args.length)) {
        String[] parts = variable.split("=", 2);
        settings = settings.with(parts[0], parts[1]);
      }
      System.out.println(new AgentInstaller(settings).install(pin, InstallProgress.SILENT));
    }
  }

  @Test
  void whatAKilledInstallerLeftIsRemovedByTheNext() throws Exception {
    CountDownLatch half = new CountDownLatch(1);
    CountDownLatch forever = new CountDownLatch(1);
    AtomicInteger downloads = new AtomicInteger();
    try (FakeRegistry registry = new FakeRegistry().with(PACKAGE, GOOD)) {
      registry.at(
          "/files/claude-test-9.9.9.tgz",
          exchange -> {
            if (downloads.getAndIncrement() > 0) {
              FakeRegistry.answer(exchange, 200, GOOD);
              return;
            }
            exchange.sendResponseHeaders(200, GOOD.length);
            exchange.getResponseBody().write(GOOD, 0, 10);
            exchange.getResponseBody().flush();
            half.countDown();
            await(forever);
          });
      Process other = other(registry);
      assertThat(half.await(60, TimeUnit.SECONDS)).isTrue();
      assertThat(names()).anyMatch(name -> name.startsWith(".new-9.9.9-"));
      other.destroyForcibly();
      assertThat(other.waitFor(60, TimeUnit.SECONDS)).isTrue();

      new AgentInstaller(settings(registry)).install(PIN, InstallProgress.SILENT);
      forever.countDown();
    }
    assertThat(names()).containsExactlyInAnyOrder("9.9.9", ".lock-9.9.9");
  }

  @Test
  void theSecondProcessWaitsForTheFirstAndSaysSo() throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    CountDownLatch waits = new CountDownLatch(1);
    try (FakeRegistry registry = new FakeRegistry().with(PACKAGE, GOOD)) {
      registry.at(
          "/files/claude-test-9.9.9.tgz",
          exchange -> {
            asked.countDown();
            await(waits);
            FakeRegistry.answer(exchange, 200, GOOD);
          });
      Process other = other(registry);
      assertThat(asked.await(60, TimeUnit.SECONDS)).isTrue();
      List<String> steps = new ArrayList<>();
      Path installed =
          new AgentInstaller(settings(registry))
              .install(
                  PIN,
                  new InstallProgress() {
                    @Override
                    public void step(String step, long done, long total) {
                      steps.add(step);
                      waits.countDown();
                    }
                  });

      assertThat(installed).isDirectory();
      assertThat(steps).containsOnly("wait for another installation of claude 9.9.9");
      assertThat(other.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(registry.requests).hasSize(2);
    }
  }

  @Test
  void aFullDiskIsToldAndNothingIsHalfMade() throws Exception {
    assumeTrue(
        Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0),
        "mounting a small disk needs root");
    Path disk = Files.createDirectory(directory.resolve("disk"));
    run("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk.toString());
    try (FakeRegistry registry = new FakeRegistry()) {
      // Random, or gzip would make it small.
      byte[] large = new byte[200_000];
      new Random(1).nextBytes(large);
      byte[] tgz =
          Tgz.program("9.9.9 (Claude Code)")
              .file("package/large", 0644, new String(large, StandardCharsets.ISO_8859_1))
              .bytes();
      Pin pin = Tgz.pin("9.9.9", tgz);
      registry.with(Tgz.only(pin), tgz);
      AgentSettings settings =
          settings(registry).with("DUNES_AGENTS", disk.resolve("agents").toString());

      AgentException e =
          catchThrowableOfType(
              AgentException.class,
              () -> new AgentInstaller(settings).install(pin, InstallProgress.SILENT));

      assertThat(e).hasMessageContaining("the disk is full");
      assertThat(e.remedy().orElseThrow()).contains("DUNES_AGENTS");
      try (Stream<Path> left = Files.list(disk.resolve("agents/claude"))) {
        assertThat(left.map(path -> path.getFileName().toString())).containsExactly(".lock-9.9.9");
      }
    } finally {
      run("umount", disk.toString());
    }
  }

  private Process other(FakeRegistry registry) throws IOException {
    Path java = Path.of(System.getProperty("java.home"), "bin", "java");
    ProcessBuilder builder =
        new ProcessBuilder(
            java.toString(),
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("java.class.path"),
            Main.class.getName(),
            directory.resolve("agents").toString(),
            registry.address());
    builder.redirectErrorStream(true).redirectOutput(directory.resolve("other.log").toFile());
    return builder.start();
  }

  private AgentSettings settings(FakeRegistry registry) {
    return new AgentSettings(
        Map.of(
            "DUNES_AGENTS",
            directory.resolve("agents").toString(),
            "DUNES_NPM_REGISTRY",
            registry.address()),
        directory,
        directory);
  }

  private List<String> names() throws IOException {
    try (Stream<Path> all = Files.list(directory.resolve("agents/claude"))) {
      return all.map(path -> path.getFileName().toString()).toList();
    }
  }

  private static void run(String... command) throws Exception {
    Process process = new ProcessBuilder(command).inheritIO().start();
    assertThat(process.waitFor()).isZero();
  }

  private static void await(CountDownLatch latch) throws IOException {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }
}
