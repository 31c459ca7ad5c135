package dev.dunes.provider.daytona;

import dev.dunes.provider.cloud.ClearingAway;
import dev.dunes.provider.cloud.CloudHttp;
import dev.dunes.provider.cloud.FramedProcess;
import dev.dunes.provider.cloud.Launch;
import dev.dunes.provider.cloud.TypedTerminal;
import dev.dunes.provider.cloud.VendorSocket;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxNotFoundException;
import dev.dunes.sandbox.SandboxStateException;
import dev.dunes.sandbox.TerminalSize;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/** A command on a terminal. Cloud providers 2.1, and what the published client says of it. */
final class DaytonaTerminal extends TypedTerminal {
  private static final Logger LOG = LoggerFactory.getLogger(DaytonaTerminal.class);

  /** Asks the daemon to say how the shell has ended. */
  private static final String EXIT_CONTROL = "X-Daytona-Pty-Exit-Control";

  private final Toolbox toolbox;
  private final String session;
  private final boolean detached;

  private DaytonaTerminal(
      DaytonaSandbox sandbox, Toolbox toolbox, VendorSocket socket, Launch launch, String mark) {
    super(sandbox, socket, mark);
    this.toolbox = toolbox;
    this.session = launch.token();
    this.detached = launch.detached();
  }

  static DaytonaTerminal start(
      DaytonaSandbox sandbox, Toolbox toolbox, Launch launch, TerminalSize size) {
    String mark = FramedProcess.newMark();
    String file = prepare(sandbox, launch, mark);
    String path = "/process/pty/" + launch.token();
    boolean begun = false;
    try {
      toolbox.reaching(() ->
          toolbox
              .api()
              .http
              .status(
                  toolbox
                      .call("POST", "/process/pty")
                      .json(
                          CloudHttp.object()
                              .put("id", launch.token())
                              .put("cols", size.columns())
                              .put("rows", size.rows()))));
      VendorSocket socket =
          VendorSocket.open(
              toolbox.api().http.client(),
              toolbox.socket(path + "/connect"),
              toolbox.api().headers(),
              EXIT_CONTROL);
      DaytonaTerminal terminal = new DaytonaTerminal(sandbox, toolbox, socket, launch, mark);
      try {
        terminal.begin(file);
        begun = true;
        return terminal;
      } finally {
        if (!begun) {
          socket.close();
        }
      }
    } catch (IOException e) {
      throw toolbox.why(sandbox.broken(e));
    } finally {
      if (!begun) {
        ClearingAway.run(() -> delete(toolbox, launch.token()));
      }
    }
  }

  /** {@code {type: "control", status: "connected" | "exited" | "error"}}; else it is output. */
  @Override
  protected Optional<byte[]> text(String text) throws IOException {
    JsonNode message;
    try {
      message = DaytonaApi.JSON.readTree(text);
    } catch (JacksonException e) {
      return Optional.of(text.getBytes(StandardCharsets.UTF_8));
    }
    if (!message.path("type").asString("").equals("control")) {
      return Optional.of(text.getBytes(StandardCharsets.UTF_8));
    }
    switch (message.path("status").asString("")) {
      case "exited" ->
          throw new IOException(
              "its shell has ended with %d".formatted(message.path("exitCode").asInt(-1)));
      case "error" -> throw new IOException("the terminal failed: " + message.path("error"));
      default -> {
        return Optional.empty();
      }
    }
  }

  @Override
  protected SandboxException why(SandboxException cause) {
    return toolbox.why(cause);
  }

  @Override
  public void resize(TerminalSize size) {
    toolbox.reaching(() ->
        toolbox
            .api()
            .http
            .status(
                toolbox
                    .call("POST", "/process/pty/" + session + "/resize")
                    .json(
                        CloudHttp.object().put("cols", size.columns()).put("rows", size.rows()))));
  }

  @Override
  protected void end() {
    if (hasEnded() || !detached) {
      delete(toolbox, session);
    }
  }

  private static void delete(Toolbox toolbox, String session) {
    try {
      toolbox.reaching(() ->
          toolbox
              .api()
              .http
              .status(toolbox.call("DELETE", "/process/pty/" + session).accepting(404)));
    } catch (SandboxNotFoundException | SandboxStateException e) {
      LOG.debug("a terminal has ended with its sandbox", e);
    } catch (SandboxException e) {
      LOG.warn("could not end a terminal", e);
    }
  }
}
