package dev.dunes.provider.docker;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.Pausing;
import dev.dunes.sandbox.RunningCommand;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxInterruptedException;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.SandboxState;
import dev.dunes.sandbox.SandboxStateException;
import dev.dunes.sandbox.spi.SandboxProvider;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

/** Containers that do not hold still, and daemons that say so. */
@Timeout(120)
class PauseTest {
  private static final String BUSY =
      answer(500, "{\"message\":\"OCI runtime pause failed: unable to freeze: unknown\"}");
  private static final Duration LONG = Duration.ofMinutes(1);

  @TempDir Path temp;

  private static String answer(int status, String body) {
    return "HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n%s".formatted(status, body.length(), body);
  }

  /** A daemon with one container that runs, and can be paused only the nth time; 0: never. */
  private static final class BusyDaemon implements AutoCloseable {
    final AtomicInteger asked = new AtomicInteger();
    final CountDownLatch twice = new CountDownLatch(2);
    private final ServerSocketChannel server;
    private final Path socket;
    private final String refusal;
    private final int nth;

    BusyDaemon(Path socket, String refusal, int nth) throws IOException {
      this.socket = socket;
      this.refusal = refusal;
      this.nth = nth;
      server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
      server.bind(UnixDomainSocketAddress.of(socket));
      Thread.ofVirtual().start(this::serve);
    }

    Containers containers() {
      return new Containers(new Engine(new DaemonAddress.Unix(socket)));
    }

    private void serve() {
      while (server.isOpen()) {
        try (SocketChannel connection = server.accept()) {
          ByteBuffer head = ByteBuffer.allocate(1000);
          connection.read(head);
          String request = new String(head.array(), 0, head.position(), ISO_8859_1);
          connection.write(ByteBuffer.wrap(answer(request).getBytes(ISO_8859_1)));
        } catch (IOException e) {
          return; // the test is over
        }
      }
    }

    private String answer(String request) {
      if (request.startsWith("GET")) {
        return PauseTest.answer(
            200,
            "{\"State\":{\"Status\":\"running\",\"Pid\":7},"
                + "\"Config\":{\"Labels\":{\"dunes.sandbox\":\"one\"}}}");
      }
      twice.countDown();
      return asked.incrementAndGet() == nth ? PauseTest.answer(200, "") : refusal;
    }

    @Override
    public void close() throws IOException {
      server.close();
    }
  }

  @Test
  void aBusyContainerIsPausedWhenItHoldsStill() throws IOException {
    try (BusyDaemon daemon = new BusyDaemon(temp.resolve("d"), BUSY, 4)) {
      daemon.containers().pause("one", true, LONG);

      assertThat(daemon.asked).hasValue(4);
    }
  }

  @Test
  void oneThatNeverHoldsStillIsAnErrorWithARemedy() throws IOException {
    try (BusyDaemon daemon = new BusyDaemon(temp.resolve("d"), BUSY, 0)) {
      assertThatThrownBy(() -> daemon.containers().pause("one", true, Duration.ofMillis(200)))
          .isInstanceOf(SandboxStateException.class)
          .hasMessageContaining("too busy")
          .hasMessageContaining("unable to freeze")
          .extracting(e -> ((SandboxException) e).remedy().orElse(""))
          .asString()
          .contains("fewer processes");
      assertThat(daemon.asked.get()).isGreaterThan(1);
    }
  }

  @Test
  void otherRefusalsAreNotTriedAgain() throws IOException {
    String refusal = answer(409, "{\"message\":\"Container one is restarting\"}");
    try (BusyDaemon daemon = new BusyDaemon(temp.resolve("d"), refusal, 0)) {
      assertThatThrownBy(() -> daemon.containers().pause("one", true, LONG))
          .isInstanceOf(SandboxStateException.class)
          .hasMessageContaining("restarting");
      assertThat(daemon.asked).hasValue(1);
    }
  }

  @Test
  void oneThatRunsAlreadyNeedNotBeResumed() throws IOException {
    String refusal = answer(409, "{\"message\":\"Container one is not paused\"}");
    try (BusyDaemon daemon = new BusyDaemon(temp.resolve("d"), refusal, 0)) {
      daemon.containers().pause("one", false, LONG);

      assertThat(daemon.asked).hasValue(1);
    }
  }

  @Test
  void whoeverWaitsForItCanBeInterrupted() throws Exception {
    try (BusyDaemon daemon = new BusyDaemon(temp.resolve("d"), BUSY, 0)) {
      FutureTask<Boolean> pausing =
          new FutureTask<>(() -> {
            daemon.containers().pause("one", true, LONG);
            return true;
          });
      Thread thread = Thread.ofVirtual().start(pausing);
      assertThat(daemon.twice.await(60, TimeUnit.SECONDS)).isTrue();

      thread.interrupt();

      assertThatThrownBy(() -> pausing.get(30, TimeUnit.SECONDS))
          .cause()
          .isInstanceOf(SandboxInterruptedException.class);
    }
  }

  @Test
  @EnabledIf(value = TestDaemon.USABLE, disabledReason = TestDaemon.REASON)
  void whatAlwaysStartsProcessesIsPausedAndGoesOn() {
    SandboxSpec spec = SandboxSpec.builder().label("busy", temp.toString()).build();
    try (SandboxProvider provider =
            new DockerSandboxProviderFactory().open(TestDaemon.settings(temp));
        Sandbox sandbox = provider.create(spec);
        RunningCommand _ =
            sandbox.start(
                Command.shell(
                    "for i in 1 2 3 4 5 6 7 8; do while :; do /bin/true; echo >n.$i; done & done; wait"))) {
      Pausing pausing = sandbox.pausing().orElseThrow();
      for (int i = 0; i < 10; i++) {
        pausing.pause();
        assertThat(sandbox.state()).isEqualTo(SandboxState.STOPPED);
        pausing.pause();
        pausing.resume();
        pausing.resume();
        assertThat(sandbox.exec("echo on").stdout()).isEqualTo("on\n");
      }
      assertThat(provider.list(Map.of("busy", temp.toString()))).hasSize(1);
    }
  }

  @Test
  @EnabledIf(value = TestDaemon.USABLE, disabledReason = TestDaemon.REASON)
  void oneThatIsGoneCannotBePaused() {
    try (SandboxProvider provider =
            new DockerSandboxProviderFactory().open(TestDaemon.settings(temp));
        Sandbox sandbox = provider.create(SandboxSpec.DEFAULT)) {
      TestDaemon.engine()
          .post("/containers/" + Containers.name(sandbox.id()) + "/kill", Engine.LONG);

      assertThatThrownBy(() -> sandbox.pausing().orElseThrow().pause())
          .isInstanceOf(SandboxException.class);
      assertThatThrownBy(() -> sandbox.pausing().orElseThrow().resume())
          .isInstanceOf(SandboxException.class);
    }
  }
}
