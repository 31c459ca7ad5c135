package dev.dunes.server.acp;

import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.TerminalSize;
import dev.dunes.server.http.Exchange;
import dev.dunes.server.http.HttpFailure;
import dev.dunes.server.http.Json;
import dev.dunes.server.http.WebSocket;
import dev.dunes.server.v1.Fields;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** The terminal of a process over a WebSocket. ACP, sheet 2.9 and 4.18. */
final class Terminal {
  private static final Logger LOG = LoggerFactory.getLogger(Terminal.class);

  /** How much of what it has written before a client gets. */
  private static final long REPLAY = 64 << 10;

  private static final Duration STALL = Duration.ofSeconds(60);

  private final ManagedProcess process;

  Terminal(ManagedProcess process) {
    this.process = process;
  }

  /** Serves until the process has ended or the client has left. */
  void serve(Exchange exchange) throws InterruptedException {
    try (WebSocket socket = exchange.webSocket()) {
      socket.send(
          Json.object().put("type", "ready").put("processId", process.id()).toString(), STALL);
      Thread input =
          Thread.ofVirtual().name("terminal-" + process.id()).start(() -> receive(socket));
      try {
        output(socket);
      } finally {
        input.interrupt();
      }
    }
  }

  private void output(WebSocket socket) throws InterruptedException {
    long last = process.log().before(REPLAY);
    for (List<ProcessLog.Entry> more = process.log().await(last);
        !more.isEmpty();
        more = process.log().await(last)) {
      for (ProcessLog.Entry entry : more) {
        socket.send(entry.data(), STALL);
        last = entry.sequence();
      }
    }
    if (process.awaitEnd(STALL)) {
      ObjectNode exit = Json.object().put("type", "exit");
      process.end().ifPresent(end -> end.code().ifPresent(code -> exit.put("exitCode", code)));
      socket.send(exit.toString(), STALL);
    }
  }

  private void receive(WebSocket socket) {
    try {
      for (Optional<String> text = socket.receive(); text.isPresent(); text = socket.receive()) {
        if (!take(socket, text.get())) {
          socket.close();
          return;
        }
      }
    } catch (InterruptedException e) {
      // The process has ended, or the client has left.
    } catch (RuntimeException e) {
      LOG.debug("terminal of {}: {}", process.id(), e.toString());
      socket.close();
    }
  }

  /** Whether more may come. */
  private boolean take(WebSocket socket, String text) throws InterruptedException {
    try {
      JsonNode frame = Json.MAPPER.readTree(text.getBytes(StandardCharsets.UTF_8));
      if (!(frame instanceof ObjectNode object)) {
        complain(socket, "a frame must be a JSON object");
        return true;
      }
      Fields fields = new Fields(object);
      switch (fields.text("type").orElse("")) {
        case "input" ->
            process.write(
                ProcessRoutes.decode(
                    fields.requiredText("data"), fields.text("encoding").orElse("text")));
        case "resize" ->
            process.resize(
                new TerminalSize(
                    ProcessRoutes.cells(fields.requiredCount("cols")),
                    ProcessRoutes.cells(fields.requiredCount("rows"))));
        case "close" -> {
          return false;
        }
        default -> complain(socket, "the type of a frame must be input, resize or close");
      }
    } catch (JacksonException e) {
      complain(socket, "a frame must be JSON");
    } catch (HttpFailure e) {
      complain(socket, Json.MAPPER.readTree(e.reply().body()).path("detail").asString());
    } catch (SandboxException e) {
      complain(socket, String.valueOf(e.getMessage()));
    }
    return true;
  }

  private static void complain(WebSocket socket, String message) throws InterruptedException {
    socket.send(Json.object().put("type", "error").put("message", message).toString(), STALL);
  }
}
