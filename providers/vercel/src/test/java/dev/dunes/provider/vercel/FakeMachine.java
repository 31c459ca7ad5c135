package dev.dunes.provider.vercel;

import dev.dunes.provider.vercel.FakeVercel.Refusal;
import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.SandboxFileException;
import dev.dunes.sandbox.SandboxFiles;
import dev.dunes.sandbox.Signal;
import dev.dunes.sandbox.WriteOptions;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** What can be asked of a sandbox of the fake while it runs. */
final class FakeMachine {
  /** The next stream is this error, and nothing else. */
  final AtomicReference<String> sayNext = new AtomicReference<>("");

  /** After so many lines of output the next stream is cut; 0 for never. */
  final AtomicInteger cutNextAfter = new AtomicInteger();

  /** Where commands look for programs, instead of the usual places. */
  volatile Optional<String> path = Optional.empty();

  /** Whether this was answered here. */
  boolean handle(HttpServerRequest request, FakeBox box, List<String> path, Buffer body)
      throws IOException, InterruptedException {
    String what = request.method() + " " + path.getFirst();
    switch (what) {
      case "POST cmd" -> {
        if (path.size() == 1) {
          start(request, box, FakeVercel.json(body));
        } else {
          FakeCommand command = command(box, path.get(1));
          int number = FakeVercel.json(body).path("signal").asInt();
          Arrays.stream(Signal.values())
              .filter(signal -> signal.number() == number)
              .forEach(signal -> command.running().signalTree(signal));
          FakeVercel.answer(request, 200, command.show());
        }
      }
      case "GET cmd" -> look(request, command(box, path.get(1)), path);
      case "POST fs" -> files(request, box, path.get(1), body);
      case "POST extend-timeout" -> {
        box.timeout += FakeVercel.json(body).path("duration").asLong();
        FakeVercel.answer(request, 200, FakeVercel.object().set("session", box.session()));
      }
      default -> {
        return false;
      }
    }
    return true;
  }

  private static FakeCommand command(FakeBox box, String id) {
    FakeCommand command = box.commands.get(id);
    if (command == null) {
      throw new Refusal(404, "not_found", "no such command");
    }
    return command;
  }

  private void start(HttpServerRequest request, FakeBox box, JsonNode asked)
      throws InterruptedException, IOException {
    List<String> argv = new ArrayList<>(List.of(asked.path("command").asString()));
    asked.path("args").forEach(each -> argv.add(each.asString()));
    Command.Builder wanted = Command.builder(argv).detached();
    box.env.forEach(wanted::env);
    path.ifPresent(place -> wanted.env("PATH", place));
    asked
        .path("env")
        .properties()
        .forEach(each -> wanted.env(each.getKey(), each.getValue().asString()));
    if (asked.hasNonNull("cwd")) {
      wanted.workingDir(asked.path("cwd").asString());
    }
    if (asked.path("timeout").asLong(0) > 0) {
      wanted.timeout(Duration.ofMillis(asked.path("timeout").asLong()));
    }
    FakeCommand command =
        new FakeCommand(box.sessionId, argv.getFirst(), box.sandbox.start(wanted.build()));
    box.commands.put(command.id, command);
    if (!asked.path("wait").asBoolean(false)) {
      FakeVercel.answer(request, 200, command.show());
      return;
    }
    HttpServerResponse response = streaming(request);
    try {
      await(response.write(command.show() + "\n"));
      if (asked.path("logs").asBoolean(false)) {
        lines(response, command);
      }
      if (command.awaitEnd().isPresent()) {
        await(response.write(command.show() + "\n"));
      }
      await(response.end());
    } catch (ExecutionException e) {
      // the client has left; the command goes on
    }
  }

  private static HttpServerResponse streaming(HttpServerRequest request) {
    return request.response().putHeader("content-type", "application/x-ndjson").setChunked(true);
  }

  private void lines(HttpServerResponse response, FakeCommand command)
      throws ExecutionException, InterruptedException {
    String says = sayNext.getAndSet("");
    if (!says.isEmpty()) {
      ObjectNode error = FakeVercel.object().put("stream", "error");
      error.putObject("data").put("message", says);
      await(response.write(error + "\n"));
      await(response.end());
      throw new ExecutionException(new IOException(says));
    }
    int cut = cutNextAfter.getAndSet(0);
    int at = 0;
    for (Optional<String> line = command.line(at); line.isPresent(); line = command.line(at)) {
      await(response.write(line.get()));
      at++;
      if (at == cut) {
        response.reset();
        throw new ExecutionException(new IOException("cut"));
      }
    }
  }

  private void look(HttpServerRequest request, FakeCommand command, List<String> path)
      throws InterruptedException {
    if (path.size() > 2) {
      HttpServerResponse response = streaming(request);
      try {
        lines(response, command);
        await(response.end());
      } catch (ExecutionException e) {
        // the client has left
      }
      return;
    }
    if ("true".equals(request.getParam("wait"))) {
      command.awaitEnd();
    }
    FakeVercel.answer(request, 200, command.show());
  }

  // ---- files ----

  private static void files(HttpServerRequest request, FakeBox box, String what, Buffer body)
      throws IOException {
    SandboxFiles files = box.sandbox.files();
    try {
      switch (what) {
        case "write" -> {
          unpack(files, String.valueOf(request.getHeader("x-cwd")), body.getBytes());
          FakeVercel.answer(request, 200, FakeVercel.object());
        }
        case "read" -> read(request, files, FakeVercel.json(body).path("path").asString());
        case "mkdir" -> {
          files.mkdir(FakeVercel.json(body).path("path").asString());
          FakeVercel.answer(request, 200, FakeVercel.object());
        }
        default -> throw new Refusal(404, "not_found", "no route for files " + what);
      }
    } catch (SandboxFileException e) {
      throw new Refusal(404, "not_found", String.valueOf(e.getMessage()));
    }
  }

  private static void unpack(SandboxFiles files, String directory, byte[] archive)
      throws IOException {
    try (TarArchiveInputStream tar =
        new TarArchiveInputStream(
            new GZIPInputStream(new ByteArrayInputStream(archive)), "UTF-8")) {
      for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
        String path = (directory.endsWith("/") ? directory : directory + "/") + entry.getName();
        WriteOptions options = WriteOptions.DEFAULT.withMode(entry.getMode() & 0777);
        try (OutputStream out = files.write(path, options)) {
          tar.transferTo(out);
        }
      }
    }
  }

  private static void read(HttpServerRequest request, SandboxFiles files, String path)
      throws IOException {
    long size = files.stat(path).size();
    HttpServerResponse response = request.response();
    response.putHeader("content-type", "application/octet-stream");
    response.putHeader("content-length", Long.toString(size));
    try (InputStream in = files.read(path)) {
      byte[] buffer = new byte[1 << 16];
      for (int count = in.read(buffer); count > 0; count = in.read(buffer)) {
        await(response.write(Buffer.buffer(Arrays.copyOf(buffer, count))));
      }
      await(response.end());
    } catch (ExecutionException | InterruptedException e) {
      throw new IOException(e);
    }
  }

  private static void await(Future<Void> future) throws ExecutionException, InterruptedException {
    future.toCompletionStage().toCompletableFuture().get();
  }
}
