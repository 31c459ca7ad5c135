package dev.dunes.provider.daytona;

import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.OutputChunk;
import dev.dunes.sandbox.RunningCommand;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.TerminalSize;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.ServerWebSocket;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;

/** A terminal of the daemon: an interactive shell, which one client is connected to. */
final class FakePty implements AutoCloseable {
  final String id;
  private final RunningCommand shell;
  private final BlockingQueue<Buffer> typed = new LinkedBlockingQueue<>();

  FakePty(String id, Sandbox sandbox, int columns, int rows) {
    this.id = id;
    this.shell =
        sandbox.start(
            Command.builder("/bin/bash", "-i")
                .env("TERM", "xterm-256color")
                .terminal(new TerminalSize(columns, rows))
                .openStdin()
                .build());
  }

  void resize(int columns, int rows) {
    shell.resize(new TerminalSize(columns, rows));
  }

  void attach(ServerWebSocket socket) {
    socket.binaryMessageHandler(typed::add);
    socket.textMessageHandler(text -> typed.add(Buffer.buffer(text)));
    Thread input = Thread.ofVirtual().start(this::type);
    Thread.ofVirtual()
        .start(() -> {
          show(socket);
          input.interrupt();
        });
  }

  private void type() {
    try {
      while (true) {
        shell.stdin().write(typed.take().getBytes());
        shell.stdin().flush();
      }
    } catch (IOException | InterruptedException e) {
      // it takes nothing more
    }
  }

  private void show(ServerWebSocket socket) {
    try {
      say(socket, "connected", -1);
      for (Optional<OutputChunk> chunk = shell.take(); chunk.isPresent(); chunk = shell.take()) {
        socket
            .writeBinaryMessage(Buffer.buffer(chunk.get().data()))
            .toCompletionStage()
            .toCompletableFuture()
            .get();
      }
      say(socket, "exited", shell.waitFor().exitCode());
      socket.close((short) 1000);
    } catch (ExecutionException | InterruptedException | SandboxException e) {
      socket.close((short) 1011);
    }
  }

  private static void say(ServerWebSocket socket, String status, int code)
      throws ExecutionException, InterruptedException {
    var message = FakeDaytona.object().put("type", "control").put("status", status);
    if (code >= 0) {
      message.put("exitCode", code);
    }
    socket.writeTextMessage(message.toString()).toCompletionStage().toCompletableFuture().get();
  }

  @Override
  public void close() {
    shell.close();
  }
}
