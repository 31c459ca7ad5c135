package dev.dunes.provider.e2b;

import dev.dunes.provider.cloud.Launch;
import dev.dunes.provider.cloud.Reattachments;
import dev.dunes.provider.cloud.VendorEvent;
import dev.dunes.provider.cloud.VendorProcess;
import dev.dunes.sandbox.Channel;
import dev.dunes.sandbox.ErrorDetails;
import dev.dunes.sandbox.ProviderException;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxInterruptedException;
import dev.dunes.sandbox.SandboxStateException;
import dev.dunes.sandbox.TerminalSize;
import dev.dunes.sandbox.Timeouts;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** A process at E2B. When its stream breaks off it is followed again. E2B wire 2.8. */
final class E2bProcess implements VendorProcess {
  private static final Logger LOG = LoggerFactory.getLogger(E2bProcess.class);
  private static final String LOST =
      "dunes: the connection to e2b broke; some output may be missing here\n";
  private static final long LOOK_AGAIN_MILLIS = 500;

  /** Until the vendor says that a process was started, or followed again. */
  private static final Duration BEGIN_LIMIT = Duration.ofMinutes(1);

  private final Envd envd;
  private final boolean terminal;
  private final long pid;
  private final Map<Channel, Long> received = new EnumMap<>(Channel.class);
  private volatile ConnectStream stream;
  private volatile boolean closed;
  private Optional<VendorEvent> pending = Optional.empty();
  private final Reattachments reattachments = new Reattachments();

  private E2bProcess(Envd envd, boolean terminal, ConnectStream stream, long pid) {
    this.envd = envd;
    this.terminal = terminal;
    this.stream = stream;
    this.pid = pid;
  }

  static E2bProcess start(Envd envd, Launch launch) {
    ObjectNode request = E2bApi.JSON.createObjectNode();
    ObjectNode config = request.putObject("process");
    config.put("cmd", launch.argv().getFirst());
    launch.argv().stream().skip(1).forEach(config.putArray("args")::add);
    launch.env().forEach(config.putObject("envs")::put);
    request.put("stdin", launch.stdin());
    launch.terminal().ifPresent(size -> request.set("pty", size(size)));
    Optional<String> user = launch.user().filter(name -> !name.matches("[0-9]+"));
    ConnectStream stream = envd.stream("process.Process/Start", request, user);
    try {
      JsonNode first =
          Timeouts.within(BEGIN_LIMIT, stream::next)
              .orElseThrow(() -> new IOException("nothing was started"));
      JsonNode start = first.path("event").path("start");
      if (start.isMissingNode()) {
        throw new IOException("the first message is not the start");
      }
      return new E2bProcess(
          envd, launch.terminal().isPresent(), stream, start.path("pid").asLong(0));
    } catch (IOException e) {
      stream.close();
      throw envd.unreachable(
          new ProviderException(
              "e2b did not say whether the command was started: " + e.getMessage(),
              ErrorDetails.cause(e).withProvider(E2bSandboxProviderFactory.NAME)));
    } catch (RuntimeException e) {
      stream.close();
      throw e;
    }
  }

  private static ObjectNode size(TerminalSize size) {
    ObjectNode pty = E2bApi.JSON.createObjectNode();
    pty.putObject("size").put("cols", size.columns()).put("rows", size.rows());
    return pty;
  }

  // ---- out ----

  @Override
  public VendorEvent next() {
    if (pending.isPresent()) {
      VendorEvent event = pending.get();
      pending = Optional.empty();
      return event;
    }
    while (true) {
      try {
        Optional<JsonNode> message = stream.next();
        if (message.isEmpty()) {
          throw new IOException("the stream ended before the command");
        }
        reattachments.progressed();
        Optional<VendorEvent> event = event(message.get().path("event"));
        if (event.isPresent()) {
          return event.get();
        }
      } catch (IOException e) {
        follow(e);
        if (pending.isPresent()) {
          return next();
        }
      }
    }
  }

  private Optional<VendorEvent> event(JsonNode event) throws IOException {
    JsonNode end = event.path("end");
    if (end.isObject()) {
      return Optional.of(exit(end));
    }
    JsonNode data = event.path("data");
    for (String name : new String[] {"stdout", "stderr", "pty"}) {
      byte[] bytes = bytes(data.path(name));
      if (bytes.length > 0) {
        Channel channel = name.equals("stderr") ? Channel.STDERR : Channel.STDOUT;
        received.merge(channel, (long) bytes.length, Long::sum);
        return Optional.of(new VendorEvent.Output(channel, bytes));
      }
    }
    return Optional.empty(); // it is alive
  }

  private static byte[] bytes(JsonNode text) throws IOException {
    try {
      return Base64.getDecoder().decode(text.asString("").getBytes(StandardCharsets.US_ASCII));
    } catch (IllegalArgumentException e) {
      throw new IOException("output that is no base64", e);
    }
  }

  private static VendorEvent.Exit exit(JsonNode end) {
    String status = end.path("status").asString("");
    return SignalWords.signal(status)
        .map(VendorEvent.Exit::signal)
        .orElseGet(() -> VendorEvent.Exit.code(end.path("exitCode").asInt(0)));
  }

  // ---- when the stream breaks off ----

  /** E2B wire 3, client adapter: looks whether it is alive, then follows the same process. */
  private void follow(IOException broken) {
    stream.close();
    if (closed) {
      throw lost("it was let go", broken);
    }
    if (!reattachments.again()) {
      throw lost("the connection broke again and again", broken);
    }
    awaitAwake(broken);
    ObjectNode request = E2bApi.JSON.createObjectNode();
    request.putObject("process").put("pid", pid);
    String asked =
        "%d,%d"
            .formatted(
                received.getOrDefault(Channel.STDOUT, 0L),
                received.getOrDefault(Channel.STDERR, 0L));
    try {
      stream =
          envd.stream(
              "process.Process/Connect", request, Optional.empty(), "dunes-replay-from", asked);
    } catch (SandboxException e) {
      throw lost("it could not be followed again: " + e.getMessage(), broken);
    }
    if (closed) {
      stream.close();
      throw lost("it was let go", broken);
    }
    if (!stream.header("dunes-replay-start").filter(asked::equals).isPresent()) {
      LOG.warn("the connection to e2b broke; some output of process {} may be missing", pid);
      pending =
          Optional.of(
              new VendorEvent.Output(
                  terminal ? Channel.STDOUT : Channel.STDERR,
                  LOST.getBytes(StandardCharsets.UTF_8)));
    }
  }

  /** A pause cuts streams, too: then the process goes on when somebody resumes the sandbox. */
  private void awaitAwake(IOException broken) {
    while (!closed) {
      SandboxException why = envd.unreachable(lost("its stream broke off", broken));
      if (!(why instanceof SandboxStateException)) {
        if (why instanceof ProviderException) {
          return;
        }
        throw why;
      }
      try {
        TimeUnit.MILLISECONDS.sleep(LOOK_AGAIN_MILLIS);
      } catch (InterruptedException e) {
        throw new SandboxInterruptedException("waiting for the sandbox to be resumed", e);
      }
    }
  }

  private static ProviderException lost(String why, IOException broken) {
    return new ProviderException(
        "the command can no longer be followed: " + why,
        ErrorDetails.cause(broken)
            .withProvider(E2bSandboxProviderFactory.NAME)
            .withRemedy("run it again, or look in the sandbox at what it did"));
  }

  // ---- in ----

  @Override
  public void write(byte[] data) {
    send(Base64.getEncoder().encodeToString(data));
  }

  private void send(String base64) {
    ObjectNode request = selected();
    request.putObject("input").put(terminal ? "pty" : "stdin", base64);
    while (true) {
      try {
        envd.patient("process.Process/SendInput", request);
        return;
      } catch (SandboxStateException e) {
        awaitAwake(new IOException(e)); // paused: nothing was taken
      }
      if (closed) {
        throw lost("it was let go", new IOException("closed"));
      }
    }
  }

  @Override
  public void closeInput() {
    if (terminal) {
      send(Base64.getEncoder().encodeToString(new byte[] {4}));
    } else {
      envd.unary("process.Process/CloseStdin", selected());
    }
  }

  @Override
  public void resize(TerminalSize size) {
    ObjectNode request = selected();
    request.set("pty", size(size));
    envd.unary("process.Process/Update", request);
  }

  private ObjectNode selected() {
    ObjectNode request = E2bApi.JSON.createObjectNode();
    request.putObject("process").put("pid", pid);
    return request;
  }

  @Override
  public OptionalLong pid() {
    return OptionalLong.of(pid);
  }

  @Override
  public void close() {
    closed = true;
    stream.close();
  }
}
