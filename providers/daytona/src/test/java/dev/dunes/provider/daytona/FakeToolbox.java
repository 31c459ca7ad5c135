package dev.dunes.provider.daytona;

import dev.dunes.provider.daytona.FakeDaytona.Box;
import dev.dunes.provider.daytona.FakeDaytona.Refusal;
import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.ExecResult;
import dev.dunes.sandbox.FileEntry;
import dev.dunes.sandbox.SandboxFileException;
import dev.dunes.sandbox.WriteOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.ServerWebSocket;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The daemon of the fake's sandboxes. */
final class FakeToolbox {
  private final FakeDaytona fake;

  /** After so many bytes the next log is cut; 0 for never. */
  final AtomicInteger cutNextLogAfter = new AtomicInteger();

  FakeToolbox(FakeDaytona fake) {
    this.fake = fake;
  }

  private Box running(String id) {
    Box box = fake.box(id);
    if (!box.state.equals("started")) {
      throw new Refusal(400, "Sandbox is not running");
    }
    return box;
  }

  void handle(HttpServerRequest request, Buffer body) throws IOException, InterruptedException {
    String[] parts = request.path().split("/", -1);
    Box box = running(FakeDaytona.decode(parts[2]));
    String rest = request.path().substring(("/toolbox/" + parts[2]).length());
    String method = request.method().name();
    switch (method + " " + parts[3]) {
      case "POST process" -> process(request, box, rest.split("/"), body);
      case "GET process" -> look(request, box, rest.split("/"));
      case "DELETE process" -> {
        if (parts[4].equals("pty")) {
          terminal(box.terminals.remove(parts[5])).close();
          answer(request, 200, FakeDaytona.object());
          return;
        }
        FakeSession session = box.sessions.remove(parts[5]);
        if (session == null) {
          throw new Refusal(404, "session not found");
        }
        session.close();
        request.response().setStatusCode(204).end();
      }
      default -> files(request, box, rest, body);
    }
  }

  private void process(HttpServerRequest request, Box box, String[] path, Buffer body)
      throws IOException, InterruptedException {
    JsonNode asked = FakeDaytona.json(body);
    if (path[2].equals("pty")) {
      pty(request, box, path, asked);
    } else if (path[2].equals("execute")) {
      answer(request, 200, execute(box, asked));
    } else if (path.length == 3) {
      String id = asked.path("sessionId").asString();
      if (box.sessions.containsKey(id)) {
        throw new Refusal(409, "session already exists");
      }
      box.sessions.put(id, new FakeSession(box.sandbox));
      answer(request, 201, FakeDaytona.object());
    } else if (path[4].equals("exec")) {
      FakeSession session = session(box, path[3]);
      String id = session.exec(asked.path("command").asString());
      if (asked.path("runAsync").asBoolean(false)) {
        answer(request, 202, FakeDaytona.object().put("cmdId", id));
      } else {
        FakeLog log = session.commands.get(id);
        log.awaitEnd();
        ObjectNode result = FakeDaytona.object().put("cmdId", id);
        result.put("output", log.text(0) + log.text(1));
        result.put("stdout", log.text(0)).put("stderr", log.text(1));
        log.code().ifPresent(code -> result.put("exitCode", code));
        answer(request, 200, result);
      }
    } else {
      session(box, path[3]).input(asked.path("data").asString());
      request.response().setStatusCode(204).end();
    }
  }

  private static void pty(HttpServerRequest request, Box box, String[] path, JsonNode asked) {
    int columns = asked.path("cols").asInt(80);
    int rows = asked.path("rows").asInt(24);
    if (path.length == 3) {
      String id = asked.path("id").asString();
      if (box.terminals.containsKey(id)) {
        throw new Refusal(409, "session already exists");
      }
      box.terminals.put(id, new FakePty(id, box.sandbox, columns, rows));
      answer(request, 201, FakeDaytona.object().put("sessionId", id));
    } else {
      terminal(box.terminals.get(path[3])).resize(columns, rows);
      answer(request, 200, FakeDaytona.object().put("id", path[3]).put("active", true));
    }
  }

  private static FakePty terminal(@Nullable FakePty found) {
    if (found == null) {
      throw new Refusal(404, "session not found");
    }
    return found;
  }

  /** {@code /toolbox/ID/process/pty/create-connect} or {@code …/pty/SESSION/connect}. */
  private void connect(ServerWebSocket socket, String[] path) {
    try {
      Box box = running(path[2]);
      if (path[5].equals("create-connect")) {
        Map<String, String> asked = new HashMap<>();
        for (String pair : socket.query().split("&", -1)) {
          String[] both = pair.split("=", 2);
          asked.put(both[0], FakeDaytona.decode(both[1]));
        }
        String id = asked.get("id");
        int columns = Integer.parseInt(asked.get("cols"));
        int rows = Integer.parseInt(asked.get("rows"));
        box.terminals.put(id, new FakePty(id, box.sandbox, columns, rows));
        box.terminals.get(id).attach(socket);
      } else {
        terminal(box.terminals.get(path[5])).attach(socket);
      }
    } catch (Refusal e) {
      socket.close((short) 1008, String.valueOf(e.getMessage()));
    }
  }

  private static FakeSession session(Box box, String id) {
    FakeSession session = box.sessions.get(id);
    if (session == null) {
      throw new Refusal(404, "session not found");
    }
    return session;
  }

  /** Both channels in one, and the command on the shell's input. */
  private static ObjectNode execute(Box box, JsonNode asked) {
    Command.Builder command =
        Command.shellBuilder("exec 2>&1; exec sh").input(asked.path("command").asString() + "\n");
    asked
        .path("envs")
        .properties()
        .forEach(each -> command.env(each.getKey(), each.getValue().asString()));
    if (asked.has("cwd")) {
      command.workingDir(asked.path("cwd").asString());
    }
    if (asked.path("timeout").asInt(0) > 0) {
      command.timeout(Duration.ofSeconds(asked.path("timeout").asInt()));
    }
    ExecResult result = box.sandbox.exec(command.build());
    if (result.timedOut()) {
      throw new Refusal(408, "command execution timeout");
    }
    return FakeDaytona.object().put("exitCode", result.exitCode()).put("result", result.stdout());
  }

  private static void look(HttpServerRequest request, Box box, String[] path) {
    FakeSession session = session(box, path[3]);
    if (path.length == 4) {
      ObjectNode shown = FakeDaytona.object().put("sessionId", path[3]);
      ArrayNode commands = shown.putArray("commands");
      session.commands.forEach((id, log) -> commands.add(command(id, log)));
      answer(request, 200, shown);
      return;
    }
    FakeLog log = session.commands.get(path[5]);
    if (log == null) {
      throw new Refusal(404, "command not found");
    }
    if (path.length == 6) {
      answer(request, 200, command(path[5], log));
    } else {
      ObjectNode logs = FakeDaytona.object().put("output", log.text(0) + log.text(1));
      answer(request, 200, logs.put("stdout", log.text(0)).put("stderr", log.text(1)));
    }
  }

  private static ObjectNode command(String id, FakeLog log) {
    ObjectNode shown = FakeDaytona.object().put("id", id).put("command", "…");
    log.code().ifPresent(code -> shown.put("exitCode", code));
    return shown;
  }

  // ---- the log ----

  void follow(ServerWebSocket socket) {
    String[] path = socket.path().split("/");
    boolean known = ("Bearer " + FakeDaytona.KEY).equals(socket.headers().get("authorization"));
    if (known && path.length > 5 && path[4].equals("pty")) {
      Thread.ofVirtual().start(() -> connect(socket, path));
      return;
    }
    if (!known || path.length < 9) {
      socket.close((short) 1008, "no");
      return;
    }
    FakeLog log;
    try {
      log = session(running(path[2]), path[5]).commands.get(path[7]);
    } catch (Refusal e) {
      socket.close((short) 1008, String.valueOf(e.getMessage()));
      return;
    }
    int cut = cutNextLogAfter.getAndSet(0);
    Thread.ofVirtual().start(() -> send(socket, log, cut));
  }

  private static void send(ServerWebSocket socket, FakeLog log, int cut) {
    try {
      int position = 0;
      for (byte[] bytes = log.from(0); bytes.length > 0; bytes = log.from(position)) {
        byte[] sent = cut > 0 ? Arrays.copyOf(bytes, Math.min(bytes.length, cut)) : bytes;
        socket
            .writeBinaryMessage(Buffer.buffer(sent))
            .toCompletionStage()
            .toCompletableFuture()
            .get();
        position += bytes.length;
        if (cut > 0) {
          socket.close((short) 1011, "cut");
          return;
        }
      }
      socket.close((short) 1000);
    } catch (ExecutionException | InterruptedException e) {
      // the client has left
    }
  }

  // ---- files ----

  private void files(HttpServerRequest request, Box box, String path, Buffer body)
      throws IOException {
    try {
      switch (request.method().name() + " " + path) {
        case "POST /files/bulk-upload" -> upload(request, box, body);
        case "GET /files/download" -> download(request, box, request.getParam("path"));
        case "POST /files/bulk-download" -> bulkDownload(request, box, FakeDaytona.json(body));
        case "GET /files" -> {
          ArrayNode list = DaytonaApi.JSON.createArrayNode();
          String directory = request.getParam("path");
          box.sandbox
              .files()
              .list(directory == null ? "." : directory)
              .forEach(entry -> list.add(show(entry)));
          answer(request, 200, list);
        }
        default -> throw new Refusal(404, "Cannot %s %s".formatted(request.method(), path));
      }
    } catch (SandboxFileException e) {
      throw new Refusal(404, String.valueOf(e.getMessage()));
    }
  }

  private static ObjectNode show(FileEntry entry) {
    ObjectNode shown = FakeDaytona.object().put("name", entry.name()).put("size", entry.size());
    shown.put("isDir", entry.isDirectory()).put("mode", Integer.toOctalString(entry.mode()));
    shown.put("modTime", entry.modifiedAt().toString());
    return shown
        .put("modifiedAt", entry.modifiedAt().toString())
        .put("owner", "" + entry.uid())
        .put("group", "" + entry.gid())
        .put("permissions", Integer.toOctalString(entry.mode()));
  }

  /** The part with the path comes before that with the contents, or it is refused. */
  private static void upload(HttpServerRequest request, Box box, Buffer body) throws IOException {
    String type = String.valueOf(request.getHeader("content-type"));
    byte[] boundary =
        ("--" + type.replaceAll(".*boundary=\"?([^\";]+).*", "$1"))
            .getBytes(StandardCharsets.ISO_8859_1);
    byte[] all = body.getBytes();
    String path = "";
    int at = find(all, boundary, 0);
    while (at >= 0) {
      int head = at + boundary.length + 2;
      int end = find(all, boundary, head);
      int blank = find(all, "\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1), head);
      if (end < 0 || blank < 0) {
        break;
      }
      String names = new String(all, head, blank - head, StandardCharsets.UTF_8);
      byte[] contents = Arrays.copyOfRange(all, blank + 4, end - 2);
      if (names.contains("].path\"")) {
        path = new String(contents, StandardCharsets.UTF_8);
      } else if (path.isEmpty()) {
        throw new Refusal(400, "file without a path");
      } else {
        try (OutputStream out = box.sandbox.files().write(path, WriteOptions.DEFAULT)) {
          out.write(contents);
        }
        path = "";
      }
      at = end;
    }
    answer(request, 200, FakeDaytona.object());
  }

  private static int find(byte[] all, byte[] wanted, int from) {
    for (int i = from; i <= all.length - wanted.length; i++) {
      if (all[i] == wanted[0]
          && Arrays.equals(all, i, i + wanted.length, wanted, 0, wanted.length)) {
        return i;
      }
    }
    return -1;
  }

  private static void download(HttpServerRequest request, Box box, String path) throws IOException {
    long size = box.sandbox.files().stat(path).size();
    HttpServerResponse response = request.response();
    response.putHeader("content-type", "application/octet-stream");
    response.putHeader("content-length", Long.toString(size));
    try (InputStream in = box.sandbox.files().read(path)) {
      byte[] buffer = new byte[1 << 16];
      for (int count = in.read(buffer); count > 0; count = in.read(buffer)) {
        response
            .write(Buffer.buffer(Arrays.copyOf(buffer, count)))
            .toCompletionStage()
            .toCompletableFuture()
            .get();
      }
      response.end();
    } catch (ExecutionException | InterruptedException e) {
      throw new IOException(e);
    }
  }

  private static void bulkDownload(HttpServerRequest request, Box box, JsonNode asked)
      throws IOException {
    String boundary = "fake-daytona";
    Buffer answer = Buffer.buffer();
    for (JsonNode each : asked.path("paths")) {
      String path = each.asString();
      byte[] contents;
      String name = "file";
      try {
        contents = box.sandbox.files().readBytes(path);
      } catch (SandboxFileException e) {
        name = "error";
        contents =
            FakeDaytona.object()
                .put("message", "file not found")
                .put("statusCode", 404)
                .toString()
                .getBytes(StandardCharsets.UTF_8);
      }
      answer.appendString(
          "--%s\r\nContent-Disposition: form-data; name=\"%s\"; filename=\"%s\"\r\nContent-Type: application/octet-stream\r\n\r\n"
              .formatted(boundary, name, path));
      answer.appendBytes(contents).appendString("\r\n");
    }
    answer.appendString("--%s--\r\n".formatted(boundary));
    request
        .response()
        .putHeader("content-type", "multipart/form-data; boundary=" + boundary)
        .end(answer);
  }

  static void answer(HttpServerRequest request, int status, JsonNode body) {
    request
        .response()
        .setStatusCode(status)
        .putHeader("content-type", "application/json")
        .end(body.toString());
  }
}
