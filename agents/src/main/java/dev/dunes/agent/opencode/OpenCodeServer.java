package dev.dunes.agent.opencode;

import dev.dunes.agent.AgentException;
import dev.dunes.agent.AgentExit;
import dev.dunes.agent.drive.AgentProcess;
import dev.dunes.agent.drive.LineSplitter;
import dev.dunes.agent.drive.RawOutput;
import dev.dunes.agent.drive.RawQueue;
import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.PortAccess;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A running {@code opencode serve} and the way to it: a port of its own choice on the sandbox's
 * loopback, led to a port of this machine's. What it says comes through one queue: its events as
 * lines, all else as diagnostics, and the end once both its outputs have ended.
 */
final class OpenCodeServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(OpenCodeServer.class);

  /** The first start of a large program on a busy disk takes a while. */
  private static final Duration START_LIMIT = Duration.ofSeconds(90);

  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(5);
  private static final int SAID_LIMIT = 4096;
  private static final byte[] DATA = "data:".getBytes(StandardCharsets.US_ASCII);

  private static final Pattern LISTENING =
      Pattern.compile("opencode server listening on http://127\\.0\\.0\\.1:(\\d{1,5})\\s*");

  private final AgentProcess process;
  private final PortAccess.ExposedPort port;
  private final OpenCodeClient client;
  private final RawQueue queue = new RawQueue();
  private final CountDownLatch eventsEnded = new CountDownLatch(1);
  private final InputStream events;

  private OpenCodeServer(
      AgentProcess process,
      PortAccess.ExposedPort port,
      OpenCodeClient client,
      InputStream events) {
    this.process = process;
    this.port = port;
    this.client = client;
    this.events = events;
    Thread.ofVirtual().name("opencode-events").start(this::readEvents);
    Thread.ofVirtual().name("opencode-output").start(this::readOutput);
  }

  /**
   * The way to ports of a sandbox.
   *
   * @throws AgentException {@code ports_unsupported}
   */
  static PortAccess ports(Sandbox sandbox) {
    return sandbox
        .ports()
        .orElseThrow(() ->
            new AgentException(
                "ports_unsupported",
                "OpenCode is driven over a port, and sandboxes of '%s' have none that can be reached"
                    .formatted(sandbox.provider()),
                "use a provider that can expose ports, such as local, or another agent",
                null));
  }

  /**
   * Starts it and waits until it can be talked to.
   *
   * @throws AgentException {@code agent_start_failed}, {@code ports_unsupported}
   */
  static OpenCodeServer start(Sandbox sandbox, Command command, String password) {
    PortAccess ports = ports(sandbox);
    AgentProcess process = new AgentProcess(sandbox.start(command));
    PortAccess.ExposedPort port = null;
    OpenCodeClient client = null;
    try {
      // Before this line it takes requests and never answers them.
      int inside = awaitListening(process);
      port = ports.expose(inside);
      client = new OpenCodeClient(port.uri(), password);
      return new OpenCodeServer(process, port, client, client.events());
    } catch (RuntimeException | Error e) {
      process.close();
      if (client != null) {
        client.close();
      }
      if (port != null) {
        port.close();
      }
      throw e;
    }
  }

  private static int awaitListening(AgentProcess process) {
    long deadline = System.nanoTime() + START_LIMIT.toNanos();
    StringBuilder said = new StringBuilder();
    while (true) {
      Duration left = Duration.ofNanos(Math.max(0, deadline - System.nanoTime()));
      Optional<RawOutput> output = process.take(Optional.of(left));
      switch (output.orElseGet(RawOutput.End::new)) {
        case RawOutput.Line line -> {
          String text = new String(line.bytes(), StandardCharsets.UTF_8);
          Matcher listening = LISTENING.matcher(text);
          if (listening.matches() && Integer.parseInt(listening.group(1)) <= 65_535) {
            return Integer.parseInt(listening.group(1));
          }
          keep(said, text + "\n");
        }
        case RawOutput.Diagnostics diagnostics -> keep(said, diagnostics.text());
        case RawOutput.TooLong _, RawOutput.Wake _ -> {}
        case RawOutput.End _ -> throw notStarted(process, output.isEmpty(), said.toString());
      }
    }
  }

  private static void keep(StringBuilder said, String text) {
    said.append(text);
    said.delete(0, Math.max(0, said.length() - SAID_LIMIT));
  }

  private static AgentException notStarted(AgentProcess process, boolean late, String said) {
    String how =
        late
            ? "did not listen within %d s".formatted(START_LIMIT.toSeconds())
            : "ended with %d".formatted(process.waitFor().code());
    String words = said.isBlank() ? "" : ", saying: " + said.strip();
    return new AgentException(
        "agent_start_failed",
        "OpenCode %s%s".formatted(how, words),
        late
            ? "give the sandbox more memory or processor time"
            : "look at the options of this session and at opencode.json in its home",
        null);
  }

  OpenCodeClient client() {
    return client;
  }

  /** What it said next; the end again and again. */
  Optional<RawOutput> take(Optional<Duration> limit) throws InterruptedException {
    Optional<RawOutput> taken = queue.take(limit.orElse(RawQueue.FOREVER));
    if (taken.isPresent() && taken.get() instanceof RawOutput.End) {
      queue.close();
    }
    return taken;
  }

  /** Lets {@link #take} return soon. */
  void wake() {
    queue.wake();
  }

  private void readEvents() {
    try (InputStream in = events) {
      new LineSplitter(AgentProcess.LINE_LIMIT)
          .read(
              in,
              new LineSplitter.Lines() {
                @Override
                public void line(byte[] bytes) throws InterruptedException {
                  if (Arrays.equals(bytes, 0, Math.min(5, bytes.length), DATA, 0, 5)) {
                    int start = bytes.length > 5 && bytes[5] == ' ' ? 6 : 5;
                    queue.put(new RawOutput.Line(Arrays.copyOfRange(bytes, start, bytes.length)));
                  }
                }

                @Override
                public void tooLong(long bytes) throws InterruptedException {
                  queue.put(new RawOutput.TooLong(bytes));
                }
              });
    } catch (IOException e) {
      LOG.debug("the events of a server broke off", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      eventsEnded.countDown();
      // Without its events nobody knows what it does.
      kill();
    }
  }

  private void readOutput() {
    try {
      while (true) {
        RawOutput output = process.take(Optional.empty()).orElseGet(RawOutput.Wake::new);
        if (output instanceof RawOutput.End) {
          break;
        }
        queue.put(
            output instanceof RawOutput.Line(byte[] bytes)
                ? new RawOutput.Diagnostics(new String(bytes, StandardCharsets.UTF_8) + "\n")
                : output);
      }
      eventsEnded.await();
      queue.put(new RawOutput.End());
    } catch (SandboxException e) {
      LOG.debug("reading the output of a server was broken off", e);
      queue.close();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      queue.close();
    }
  }

  /** Kills it with all it started. */
  void kill() {
    try {
      process.kill();
    } catch (SandboxException e) {
      LOG.debug("the sandbox ended before its agent", e);
    }
  }

  boolean isRunning() {
    return process.isRunning();
  }

  AgentExit waitFor() {
    AgentExit exit = process.waitFor();
    return new AgentExit(exit.code(), exit.outOfMemory(), true);
  }

  /** When it returns the process has ended with all it started. */
  @Override
  public void close() {
    queue.close();
    process.close();
    client.close();
    port.close();
    try {
      if (!eventsEnded.await(CLOSE_LIMIT.toSeconds(), java.util.concurrent.TimeUnit.SECONDS)) {
        LOG.warn("the events of a server have not ended {} s after it", CLOSE_LIMIT.toSeconds());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
