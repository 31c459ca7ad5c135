package dev.dunes.provider.vercel;

import dev.dunes.provider.cloud.ClearingAway;
import dev.dunes.provider.cloud.CloudHttp;
import dev.dunes.provider.cloud.FramedProcess;
import dev.dunes.provider.cloud.Launch;
import dev.dunes.provider.cloud.Reattachments;
import dev.dunes.provider.cloud.VendorEvent;
import dev.dunes.sandbox.Channel;
import dev.dunes.sandbox.ProviderException;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxNotFoundException;
import dev.dunes.sandbox.SandboxStateException;
import dev.dunes.sandbox.SandboxTimeoutException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** A command at Vercel. When its stream breaks off, its log is read where it was. */
final class VercelProcess extends FramedProcess {
  private static final Logger LOG = LoggerFactory.getLogger(VercelProcess.class);
  private static final int KILL = 9;

  /** Of output, in base64. */
  private static final int LONGEST_LINE = 1 << 20;

  private final VercelSandbox sandbox;
  private final Machine machine;
  private final boolean detached;
  private volatile CommandStream stream;

  /** Its id there, which only the first stream says. */
  private volatile String command = "";

  private volatile boolean closed;
  private volatile boolean ended;
  private final Reattachments reattachments = new Reattachments();

  private VercelProcess(
      VercelSandbox sandbox, Machine machine, Launch launch, String mark, CommandStream stream) {
    super(sandbox, mark);
    this.sandbox = sandbox;
    this.machine = machine;
    this.detached = launch.detached();
    this.stream = stream;
  }

  static VercelProcess start(VercelSandbox sandbox, Machine machine, Launch launch) {
    String mark = newMark();
    CommandStream stream = run(machine, argv(launch, mark), LONGEST_LINE);
    VercelProcess process = new VercelProcess(sandbox, machine, launch, mark, stream);
    boolean begun = false;
    try {
      process.awaitBegun();
      begun = true;
      return process;
    } finally {
      if (!begun) {
        process.close();
      }
    }
  }

  /** Runs something. Is never asked twice, unless the vendor said that it did not. */
  static CommandStream run(Machine machine, List<String> argv, int longestLine) {
    ObjectNode body = CloudHttp.object().put("command", argv.getFirst());
    ArrayNode arguments = body.putArray("args");
    argv.stream().skip(1).forEach(arguments::add);
    body.putObject("env");
    body.put("sudo", false).put("wait", true).put("logs", true);
    return new CommandStream(
        machine.reaching(at -> at.api().http.open(at.call("POST", "/cmd").json(body).asOnce())),
        longestLine,
        Map.of());
  }

  @Override
  protected Optional<Line> nextLine() {
    while (true) {
      try {
        Optional<Line> line = stream.next();
        if (line.isEmpty()) {
          throw new IOException("its stream ended before the command");
        }
        reattachments.progressed();
        return line;
      } catch (IOException | UncheckedIOException e) {
        follow(String.valueOf(e.getMessage()));
      }
    }
  }

  /** The log is kept: what was read of it is skipped, and nothing is missing. */
  private void follow(String broken) {
    command = stream.command().isEmpty() ? command : stream.command();
    String id = command;
    Map<Channel, Long> received = new EnumMap<>(Channel.class);
    received.putAll(stream.received());
    quietlyClose(stream);
    if (closed) {
      throw lost("it was let go");
    }
    SandboxException now = machine.why(lost("its stream broke off: " + sandbox.clean(broken)));
    if (!(now instanceof ProviderException) || id.isEmpty()) {
      throw now;
    }
    if (!reattachments.again()) {
      throw lost("the connection broke again and again: " + sandbox.clean(broken));
    }
    String path = "/cmd/" + VercelApi.encode(id) + "/logs";
    try {
      stream =
          new CommandStream(
              machine.api().http.stream(machine.call("GET", path)), LONGEST_LINE, received);
    } catch (SandboxNotFoundException e) {
      throw machine.why(lost("its log is gone"));
    } catch (SandboxTimeoutException e) {
      LOG.debug("no log yet of a command that may be silent: asked for again", e);
      return; // the stream that was closed breaks off again
    }
    if (closed) {
      quietlyClose(stream);
    }
  }

  private static void quietlyClose(CommandStream stream) {
    try {
      stream.close();
    } catch (UncheckedIOException e) {
      LOG.debug("a stream that had broken off could not be closed", e);
    }
  }

  @Override
  public VendorEvent next() {
    VendorEvent event = super.next();
    ended |= event instanceof VendorEvent.Exit;
    return event;
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      String id = stream.command().isEmpty() ? command : stream.command();
      quietlyClose(stream);
      // its tree was ended by whoever closes it; this is for one that never began
      if (!ended && !detached && !id.isEmpty()) {
        kill(id);
      }
    }
  }

  private void kill(String id) {
    ClearingAway.run(() -> {
      try {
        machine
            .api()
            .http
            .status(
                machine
                    .call("POST", "/cmd/" + VercelApi.encode(id) + "/kill")
                    .json(CloudHttp.object().put("signal", KILL))
                    .accepting(400, 404, 409, 410, 422));
      } catch (SandboxNotFoundException | SandboxStateException e) {
        LOG.debug("a command has ended with its sandbox", e);
      } catch (SandboxException e) {
        LOG.warn("could not end a command", e);
      }
    });
  }
}
