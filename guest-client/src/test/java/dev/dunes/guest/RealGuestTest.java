package dev.dunes.guest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunes.guest.GuestConnection.Role;
import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.ExecResult;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxFileException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
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
