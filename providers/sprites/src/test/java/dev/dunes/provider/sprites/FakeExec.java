package dev.dunes.provider.sprites;

import dev.dunes.provider.sprites.FakeSprites.Box;
import dev.dunes.provider.sprites.FakeSprites.Refusal;
import dev.dunes.sandbox.Channel;
import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.OutputChunk;
import dev.dunes.sandbox.RunningCommand;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.Signal;
import dev.dunes.sandbox.TerminalSize;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.http.ServerWebSocketHandshake;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Commands over WebSockets. */
final class FakeExec {
  private static final int OUTPUT = 1;
  private static final int ERRORS = 2;
  private static final int EXIT = 3;
  private static final int INPUT_END = 4;

  /** What is asked for in the address. */
  private record Asked(Map<String, List<String>> query) {
    static Asked of(String text) {
      Map<String, List<String>> query = new ConcurrentHashMap<>();
      for (String pair : text.split("&", -1)) {
        String[] parts = pair.split("=", 2);
        query
            .computeIfAbsent(FakeSprites.decode(parts[0]), name -> new ArrayList<>())
            .add(parts.length < 2 ? "" : FakeSprites.decode(parts[1].replace("+", "%20")));
      }
      return new Asked(query);
    }

    List<String> all(String name) {
      return query.getOrDefault(name, List.of());
    }

    Optional<String> one(String name) {
      return all(name).stream().findFirst();
    }

    boolean terminal() {
      return one("tty").filter("true"::equals).isPresent();
    }

    int number(String name, int usual) {
      return one(name).map(Integer::parseInt).orElse(usual);
    }

    /** How long a command may run on when nobody is there; empty for ever. */
    Optional<Duration> afterwards() {
      String text = one("max_run_after_disconnect").orElse(terminal() ? "0" : "10s");
      return text.equals("0")
          ? Optional.empty()
          : Optional.of(Duration.ofSeconds(Integer.parseInt(text.replace("s", ""))));
    }
  }

  private final FakeSprites fake;

  /** What runs, by its number, with the sandbox it runs in. */
  private final Map<Long, Box> running = new ConcurrentHashMap<>();

  /** After so many bytes of output the next connection is cut; 0 for never. */
  final AtomicInteger cutNextAfter = new AtomicInteger();

  /** What came behind the question mark. */
  final Queue<String> addresses = new ConcurrentLinkedQueue<>();

  FakeExec(FakeSprites fake) {
    this.fake = fake;
  }

  JsonNode list(Box box) {
    ObjectNode answer = FakeSprites.object();
    ArrayNode sessions = answer.putArray("sessions");
    running.forEach((pid, where) -> {
      if (where == box) {
        sessions.addObject().put("id", Long.toString(pid)).put("command", "…").put("tty", false);
      }
    });
    return answer.put("count", sessions.size());
  }

  void open(ServerWebSocketHandshake handshake) {
    Context context = Vertx.currentContext();
    Thread.ofVirtual()
        .start(() -> {
          try {
            String path = handshake.path();
            fake.enter("WS", path, String.valueOf(handshake.headers().get("authorization")));
            Box box = fake.box(FakeSprites.decode(path.split("/", -1)[3]));
            addresses.add(String.valueOf(handshake.query()));
            Asked asked = Asked.of(String.valueOf(handshake.query()));
            if (asked.all("cmd").isEmpty()) {
              throw Refusal.of(400, "bad_request", "no command");
            }
            // On the event loop, so that nothing the client sends at once is missed.
            context.runOnContext(v ->
                handshake.accept().onSuccess(socket -> new Session(box, asked, socket).begin()));
          } catch (Refusal e) {
            handshake.reject(e.status);
          }
        });
  }

  /** One command and who listens to it. */
  private final class Session {
    private final Box box;
    private final Asked asked;
    private final ServerWebSocket socket;
    private final BlockingQueue<Optional<Buffer>> input = new LinkedBlockingQueue<>();
    private final BlockingQueue<String> words = new LinkedBlockingQueue<>();
    private final int cut = cutNextAfter.getAndSet(0);
    private final CompletableFuture<RunningCommand> command = new CompletableFuture<>();
    private volatile boolean gone;

    Session(Box box, Asked asked, ServerWebSocket socket) {
      this.box = box;
      this.asked = asked;
      this.socket = socket;
    }

    void begin() {
      socket.binaryMessageHandler(bytes -> input.add(Optional.of(bytes)));
      socket.textMessageHandler(words::add);
      socket.closeHandler(v -> {
        over();
        command.thenAccept(left -> Thread.ofVirtual().start(() -> endLater(left)));
      });
      Thread.ofVirtual().start(this::run);
    }

    private Command command() {
      List<String> words = new ArrayList<>(asked.all("cmd"));
      asked.one("path").ifPresent(path -> words.set(0, path));
      List<String> argv = new ArrayList<>();
      if (!asked.all("env").isEmpty()) {
        // what is given stands for all there would be
        argv.addAll(List.of("/usr/bin/env", "-i"));
        argv.addAll(asked.all("env"));
      }
      argv.addAll(words);
      Command.Builder command = Command.builder(argv).detached();
      box.environment.forEach(command::env);
      asked.one("dir").ifPresent(command::workingDir);
      if (asked.terminal()) {
        command.terminal(new TerminalSize(asked.number("cols", 80), asked.number("rows", 24)));
      } else if (asked.one("stdin").filter("true"::equals).isPresent()) {
        command.openStdin();
      }
      return command.build();
    }

    private void run() {
      try (RunningCommand started = box.sandbox.start(command())) {
        long pid = started.pid().orElse(0);
        running.put(pid, box);
        command.complete(started);
        try {
          follow(started, pid);
        } finally {
          running.remove(pid);
        }
      } catch (SandboxException e) {
        socket.close((short) 1011, "the command could not be started");
      } catch (ExecutionException e) {
        // the client has left
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }

    private void follow(RunningCommand started, long pid)
        throws ExecutionException, InterruptedException {
      ObjectNode info = FakeSprites.object().put("type", "session_info");
      info.put("session_id", Long.toString(pid)).put("command", asked.all("cmd").getFirst());
      info.put("created", Instant.now().getEpochSecond()).put("is_owner", true);
      await(socket.writeTextMessage(info.put("tty", asked.terminal()).toString()));
      Thread.ofVirtual().start(() -> feed(started));
      Thread.ofVirtual().start(() -> listen(started));
      try {
        show(started);
        int code = started.waitFor().exitCode();
        if (asked.terminal()) {
          ObjectNode exit = FakeSprites.object().put("type", "exit").put("exit_code", code);
          await(socket.writeTextMessage(exit.toString()));
        } else {
          await(socket.writeBinaryMessage(Buffer.buffer(new byte[] {EXIT, (byte) code})));
        }
        await(socket.close((short) 1000));
      } catch (ExecutionException e) {
        while (started.take().isPresent()) {
          // it goes on, and nobody listens
        }
      } finally {
        over();
      }
    }

    private void over() {
      gone = true;
      input.add(Optional.empty());
      words.add("");
    }

    /** Nobody listens any more. */
    private void endLater(RunningCommand left) {
      try {
        asked
            .afterwards()
            .filter(limit -> left.waitFor(limit).isEmpty())
            .ifPresent(limit -> left.close());
      } catch (SandboxException e) {
        // it has ended with its sandbox
      }
    }

    private void show(RunningCommand started) throws ExecutionException, InterruptedException {
      int sent = 0;
      for (Optional<OutputChunk> chunk = started.take();
          chunk.isPresent();
          chunk = started.take()) {
        byte[] data = chunk.get().data();
        Buffer frame = Buffer.buffer();
        if (!asked.terminal()) {
          frame.appendByte((byte) (chunk.get().channel() == Channel.STDOUT ? OUTPUT : ERRORS));
        }
        await(socket.writeBinaryMessage(frame.appendBytes(data)));
        sent += data.length;
        if (cut > 0 && sent >= cut) {
          await(socket.close((short) 1011, "cut"));
          throw new ExecutionException(new IOException("cut"));
        }
      }
    }

    private void feed(RunningCommand started) {
      try (OutputStream in = started.stdin()) {
        while (true) {
          Optional<Buffer> bytes = input.take();
          if (bytes.isEmpty()) {
            return;
          }
          byte[] frame = bytes.get().getBytes();
          if (asked.terminal()) {
            in.write(frame);
          } else if (frame.length > 0 && frame[0] == INPUT_END) {
            return;
          } else if (frame.length > 0 && frame[0] == 0) {
            in.write(frame, 1, frame.length - 1);
          }
          in.flush();
        }
      } catch (IOException | InterruptedException e) {
        // it takes nothing more
      }
    }

    private void listen(RunningCommand started) {
      try {
        while (!gone) {
          String word = words.take();
          if (word.isEmpty()) {
            continue;
          }
          JsonNode message = SpritesApi.JSON.readTree(word);
          switch (message.path("type").asString("")) {
            case "signal" ->
                started.signalTree(
                    Signal.valueOf(message.path("signal").asString().replaceFirst("^SIG", "")));
            case "resize" ->
                started.resize(
                    new TerminalSize(message.path("cols").asInt(), message.path("rows").asInt()));
            default -> {}
          }
        }
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  private static void await(io.vertx.core.Future<Void> future)
      throws ExecutionException, InterruptedException {
    future.toCompletionStage().toCompletableFuture().get();
  }
}
