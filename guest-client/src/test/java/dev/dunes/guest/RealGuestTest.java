package dev.dunes.guest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.dunes.guest.GuestConnection.Role;
import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.ExecResult;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxFileException;
import dev.dunes.sandbox.UnsupportedCapabilityException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Against the real guest, over its standard streams. What commands and files do is the conformance
 * suite's subject.
 */
class RealGuestTest {
  private static final Duration LIMIT = Duration.ofSeconds(20);

  @TempDir Path temp;
  private Process process;
  private GuestConnection connection;
  private GuestFiles files;

  @BeforeEach
  void start() throws IOException {
    Path program = GuestBinary.install(temp.resolve("bin"));
    Path workspace = Files.createDirectories(temp.resolve("workspace"));
    process =
        new ProcessBuilder(
                program.toString(), "guest", "--stdio", "--workdir", workspace.toString())
            .redirectError(temp.resolve("log").toFile())
            .start();
    connection =
        GuestConnection.open(
            GuestTransport.over(process.getInputStream(), process.getOutputStream()),
            ScriptedGuest.IDENTITY,
            Role.OWNER,
            LIMIT);
    files = new GuestFiles(() -> connection);
  }

  @AfterEach
  void stop() throws Exception {
    process.getOutputStream().close();
    try {
      assertThat(process.waitFor(20, TimeUnit.SECONDS))
          .as("the guest ends with its owner")
          .isTrue();
    } finally {
      process.destroyForcibly();
      connection.close();
    }
  }

  private ExecResult exec(Command command) {
    try (GuestCommand running = GuestCommand.start(connection, command, code -> false)) {
      return dev.dunes.sandbox.spi.OutputCollector.collect(running, 1 << 20);
    }
  }

  @Test
  void itSaysItsVersionAndRunsCommands() {
    assertThat(connection.guestVersion()).isNotBlank();
    assertThat(exec(Command.shell("echo $((6 * 7)); exit 3")).stdout()).isEqualTo("42\n");
    assertThat(exec(Command.shell("exit 3")).exitCode()).isEqualTo(3);
  }

  @Test
  void itsProgramIsInstalledOnceAndIsTheSame() throws IOException {
    Path first = GuestBinary.install(temp.resolve("other"));
    Object modified = Files.getLastModifiedTime(first);

    assertThat(GuestBinary.install(temp.resolve("other"))).isEqualTo(first);
    assertThat(Files.getLastModifiedTime(first)).isEqualTo(modified);
    assertThat(first).hasBinaryContent(GuestBinary.read(GuestBinary.architecture()));
    Files.write(first, new byte[3]);
    assertThat(GuestBinary.install(temp.resolve("other")))
        .hasBinaryContent(GuestBinary.read(GuestBinary.architecture()));
    assertThat(temp.resolve("other").toFile().list()).hasSize(1);
  }

  @Test
  void anArchitectureWithoutAGuestIsNamed() {
    assertThatThrownBy(() -> GuestBinary.read("pdp11"))
        .isInstanceOf(SandboxException.class)
        .hasMessageContaining("pdp11");
  }

  @Test
  void aThousandOperationsAtOnceAreAnswered() throws Exception {
    files.write("f", "x");
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> all = new ArrayList<>();
      for (int i = 0; i < 1000; i++) {
        all.add(threads.submit(() -> assertThat(files.stat("f").size()).isEqualTo(1)));
      }
      for (Future<?> each : all) {
        each.get();
      }
    }
  }

  @Test
  void errorsNameTheFile() {
    assertThatThrownBy(() -> files.readText("missing"))
        .isInstanceOf(SandboxFileException.class)
        .hasMessageContaining("missing");
  }

  @Test
  void attributesAreReplacedAndTold() {
    List<String> paths = new ArrayList<>();
    for (int i = 0; i < 450; i++) { // more than are told at once
      paths.add("f" + i);
    }
    files.write("f1", "x");
    files.write("f449", "x");
    try {
      files.setAttributes("f1", "user.t.", Map.of("a", "1", "b", "é"));
    } catch (UnsupportedCapabilityException e) {
      assumeTrue(false, "the temporary directory's file system has no attributes");
    }
    files.setAttributes("f449", "user.t.", Map.of("c", ""));
    files.setAttributes("f449", "user.other.", Map.of("d", "2"));

    assertThat(files.attributes(paths, "user.t."))
        .isEqualTo(Map.of("f1", Map.of("a", "1", "b", "é"), "f449", Map.of("c", "")));
    files.setAttributes("f1", "user.t.", Map.of("b", "2"));
    assertThat(files.attributes(List.of("f1"), "user.t."))
        .isEqualTo(Map.of("f1", Map.of("b", "2")));
    assertThatThrownBy(() -> files.setAttributes("none", "user.t.", Map.of()))
        .isInstanceOfSatisfying(
            SandboxFileException.class,
            e -> assertThat(e.reason()).isEqualTo(SandboxFileException.Reason.NOT_FOUND));
  }

  @Test
  void linksThatLeadRoundAreSaidToBe() {
    files.symlink("b", "a");
    files.symlink("a", "b");

    assertThatThrownBy(() -> files.stat("a"))
        .isInstanceOfSatisfying(
            SandboxFileException.class,
            e -> assertThat(e.reason()).isEqualTo(SandboxFileException.Reason.LOOP));
  }

  @Test
  void hostileUnpackedNamesAreUnsafe() throws IOException {
    byte[] tar = new TreeDownloadTest.Entries().file("../up", "x").toBytes();

    assertThatThrownBy(() -> files.unpack(new java.io.ByteArrayInputStream(tar), "into"))
        .isInstanceOfSatisfying(
            SandboxFileException.class,
            e -> assertThat(e.reason()).isEqualTo(SandboxFileException.Reason.UNSAFE_ARCHIVE));
    assertThat(temp.resolve("workspace/up")).doesNotExist();
  }

  @Test
  void aBreachByTheHostIsToldWithItsReason() throws Exception {
    connection.send(0x7F, 1, new byte[0], null);

    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (connection.isOpen() && System.nanoTime() < deadline) {
      TimeUnit.MILLISECONDS.sleep(2);
    }
    assertThatThrownBy(() -> files.stat("."))
        .isInstanceOf(SandboxException.class)
        .hasMessageContaining("20");
  }
}
