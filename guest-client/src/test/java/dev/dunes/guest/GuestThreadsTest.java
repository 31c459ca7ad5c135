package dev.dunes.guest;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.HotSpotDiagnosticMXBean;
import com.sun.management.HotSpotDiagnosticMXBean.ThreadDumpFormat;
import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.SandboxException;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * No thread outlives its connection, however that ended. In a process of its own, where all such
 * threads are its own.
 */
class GuestThreadsTest {
  @Test
  void nothingIsLeftOfConnections(@TempDir Path temp) throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                GuestThreadsTest.class.getName(),
                temp.toString())
            .redirectErrorStream(true)
            .start();
    String said =
        new String(
            process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);

    assertThat(process.waitFor()).as(said).isZero();
  }

  public static void main(String[] args) throws Exception {
    Path temp = Path.of(args[0]);
    try (ScriptedGuest closed = new ScriptedGuest();
        ScriptedGuest broken = new ScriptedGuest();
        ScriptedGuest gone = new ScriptedGuest()) {
      GuestConnection first = closed.connect();
      GuestSandbox second = broken.sandbox();
      GuestSandbox third = gone.sandbox();
      Thread running = Thread.ofVirtual().start(() -> feedMoreThanIsTaken(second));
      broken.next(FrameType.OPEN);
      broken.started(1);
      broken.next(FrameType.DATA);
      assertThat(guestThreads(temp)).as("the probe sees them").hasSizeGreaterThanOrEqualTo(6);

      first.close();
      broken.raw(new byte[4]);
      gone.close();
      running.join();

      long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
      while (!guestThreads(temp).isEmpty() && System.nanoTime() < deadline) {
        TimeUnit.MILLISECONDS.sleep(5);
      }
      assertThat(guestThreads(temp)).isEmpty();
      assertThat(third.id()).isNotEmpty();
    }
  }

  private static void feedMoreThanIsTaken(GuestSandbox sandbox) {
    try {
      sandbox.exec(Command.builder("x").input(new byte[1 << 20]).build());
    } catch (SandboxException e) {
      assertThat(e.code()).isEqualTo("provider_error");
    }
  }

  private static List<String> guestThreads(Path temp) throws IOException {
    Path dump = temp.resolve("dump-" + System.nanoTime());
    ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class)
        .dumpThreads(dump.toString(), ThreadDumpFormat.TEXT_PLAIN);
    try (Stream<String> lines = Files.lines(dump)) {
      return lines
          .filter(line ->
              line.contains("\"guest-reader\"")
                  || line.contains("\"guest-writer\"")
                  || line.contains("\"guest-stdin\""))
          .toList();
    }
  }
}
