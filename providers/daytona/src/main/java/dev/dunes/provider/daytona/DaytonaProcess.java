package dev.dunes.provider.daytona;

import dev.dunes.provider.cloud.ClearingAway;
import dev.dunes.provider.cloud.FramedProcess;
import dev.dunes.provider.cloud.Launch;
import dev.dunes.provider.cloud.Reattachments;
import dev.dunes.provider.cloud.VendorEvent;
import dev.dunes.provider.cloud.VendorSocket;
import dev.dunes.provider.cloud.VendorSocket.Message;
import dev.dunes.sandbox.ProviderException;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxNotFoundException;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * A command in a session of its own. The session's shell reads its commands as a script: ours ends
 * that shell, too, so that no process is left of a session whose command has ended.
 */
final class DaytonaProcess extends FramedProcess {
  private static final Logger LOG = LoggerFactory.getLogger(DaytonaProcess.class);

  private final Toolbox toolbox;
  private final String session;
  private final boolean detached;
  private final Deque<Line> lines = new ArrayDeque<>();
  private final LabelledLines reader = new LabelledLines();
  private final String log;
  private volatile VendorSocket socket;
  private volatile boolean closed;
  private volatile boolean ended;
  private long received;
  private final Reattachments reattachments = new Reattachments();

  private DaytonaProcess(
      DaytonaSandbox sandbox, Toolbox toolbox, Launch launch, String mark, String log)
      throws IOException {
    super(sandbox, mark);
    this.toolbox = toolbox;
    this.session = launch.token();
    this.detached = launch.detached();
    this.log = log;
    this.socket = connect();
  }

  static DaytonaProcess start(DaytonaSandbox sandbox, Toolbox toolbox, Launch launch) {
    String path = "/process/session/" + launch.token();
    toolbox.reaching(() ->
        toolbox
            .api()
            .http
            .status(
                toolbox
                    .call("POST", "/process/session")
                    .json(DaytonaApi.JSON.createObjectNode().put("sessionId", launch.token()))));
    String mark = newMark();
    boolean begun = false;
    try {
      ObjectNode body =
          DaytonaApi.JSON
              .createObjectNode()
              .put("command", line(argv(launch, mark)) + " </dev/null; exit")
              .put("runAsync", true)
              .put("suppressInputEcho", true);
      String command =
          toolbox
              .reaching(
                  () -> toolbox.api().http.json(toolbox.call("POST", path + "/exec").json(body)))
              .path("cmdId")
              .asString("");
      String log = path + "/command/" + DaytonaApi.encode(command) + "/logs?follow=true";
      DaytonaProcess process = new DaytonaProcess(sandbox, toolbox, launch, mark, log);
      process.awaitBegun();
      begun = true;
      return process;
    } catch (IOException e) {
      throw toolbox.why(sandbox.broken(e));
    } finally {
      if (!begun) {
        delete(toolbox, launch.token());
      }
    }
  }

  private VendorSocket connect() throws IOException {
    return VendorSocket.open(
        toolbox.api().http.client(), toolbox.socket(log), toolbox.api().headers());
  }

  @Override
  protected Optional<Line> nextLine() {
    while (lines.isEmpty()) {
      try {
        byte[] bytes = bytes();
        reattachments.progressed();
        received += bytes.length;
        lines.addAll(reader.take(bytes));
      } catch (IOException e) {
        follow(e);
      }
    }
    return Optional.of(lines.remove());
  }

  private byte[] bytes() throws IOException {
    while (true) {
      switch (socket.next()) {
        case Message.Bytes(byte[] bytes, _) -> {
          return bytes;
        }
        case Message.Text _ -> {}
        case Message.End(int status) ->
            throw new IOException("it ended with %d before the command".formatted(status));
        case Message.Broken(Throwable cause) ->
            throw new IOException(String.valueOf(cause.getMessage()), cause);
      }
    }
  }

  /** The log is kept: what was read of it is skipped, and nothing is missing. */
  private void follow(IOException broken) {
    socket.close();
    if (closed) {
      throw lost("it was let go");
    }
    SandboxException now = toolbox.why(lost("its log broke off: " + broken.getMessage()));
    if (!(now instanceof ProviderException)) {
      throw now;
    }
    if (!reattachments.again()) {
      throw toolbox.why(lost("the connection broke again and again: " + broken.getMessage()));
    }
    try {
      socket = connect();
      skip(received);
    } catch (IOException e) {
      SandboxException why = toolbox.why(lost("it could not be followed again: " + e.getMessage()));
      throw why;
    }
    if (closed) {
      socket.close();
    }
  }

  private void skip(long bytes) throws IOException {
    long left = bytes;
    while (left > 0) {
      byte[] old = bytes();
      if (old.length > left) {
        byte[] fresh = Arrays.copyOfRange(old, (int) left, old.length);
        received += fresh.length;
        lines.addAll(reader.take(fresh));
      }
      left -= old.length;
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
      socket.close();
      // a session that is deleted takes along what its command left in the background
      if (!ended && !detached) {
        delete(toolbox, session);
      }
    }
  }

  private static void delete(Toolbox toolbox, String session) {
    ClearingAway.run(() -> {
      try {
        toolbox.reaching(() ->
            toolbox
                .api()
                .http
                .status(toolbox.call("DELETE", "/process/session/" + session).accepting(404)));
      } catch (SandboxNotFoundException e) {
        LOG.debug("a session has ended with its sandbox");
      } catch (SandboxException e) {
        LOG.warn("could not end a session", e);
      }
    });
  }
}
