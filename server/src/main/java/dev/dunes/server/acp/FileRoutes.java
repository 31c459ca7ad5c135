package dev.dunes.server.acp;

import dev.dunes.sandbox.FileEntry;
import dev.dunes.sandbox.SandboxFileException;
import dev.dunes.sandbox.SandboxFiles;
import dev.dunes.sandbox.WriteOptions;
import dev.dunes.server.http.BodyTooLargeException;
import dev.dunes.server.http.Exchange;
import dev.dunes.server.http.HttpFailure;
import dev.dunes.server.http.Json;
import dev.dunes.server.http.Reply;
import dev.dunes.server.http.Route;
import dev.dunes.server.v1.Fields;
import dev.dunes.server.v1.JsonBody;
import dev.dunes.server.v1.Parameters;
import dev.dunes.server.v1.Problem;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Files of the workspace, and of nothing else. ACP, sheet 2.10. */
final class FileRoutes {
  private static final long LARGEST_FILE = 2L << 30;

  private final Workplace workplace;

  FileRoutes(Workplace workplace) {
    this.workplace = workplace;
  }

  List<Route> routes() {
    return List.of(
        route("GET", "/v1/fs/entries", this::entries),
        route("GET", "/v1/fs/file", this::read),
        route("PUT", "/v1/fs/file", this::write),
        route("DELETE", "/v1/fs/entry", this::remove),
        route("POST", "/v1/fs/mkdir", this::mkdir),
        route("POST", "/v1/fs/move", this::move),
        route("GET", "/v1/fs/stat", this::stat),
        route("POST", "/v1/fs/upload-batch", this::upload));
  }

  private interface Work {
    void handle(Exchange exchange) throws InterruptedException, IOException;
  }

  private static Route route(String method, String pattern, Work work) {
    return Route.of(
        method,
        pattern,
        exchange -> {
          try {
            work.handle(exchange);
          } catch (SandboxFileException e) {
            throw failure(e);
          } catch (IOException e) {
            throw failure(exchange, e);
          }
        });
  }

  private static HttpFailure failure(SandboxFileException e) {
    return switch (e.reason()) {
      case NOT_FOUND -> Problem.invalid("path not found: " + e.path()).failure();
      case NOT_EMPTY -> Problem.stream("Directory not empty (os error 39)").failure();
      case UNSAFE_ARCHIVE, LOOP -> Problem.invalid(String.valueOf(e.getMessage())).failure();
      case EXISTS,
          IS_DIRECTORY,
          NOT_DIRECTORY,
          NOT_REGULAR,
          PERMISSION,
          READ_ONLY,
          NO_SPACE,
          TOO_LARGE,
          IO ->
          Problem.stream(String.valueOf(e.getMessage())).failure();
    };
  }

  private static HttpFailure failure(Exchange exchange, IOException e) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof TarNames.Refused refused) {
        return Problem.invalid(String.valueOf(refused.getMessage())).failure();
      }
      if (cause instanceof BodyTooLargeException) {
        return new HttpFailure(exchange.dialect().tooLarge());
      }
      if (cause instanceof SandboxFileException file) {
        return failure(file);
      }
    }
    return Problem.stream(String.valueOf(e.getMessage())).failure();
  }

  private SandboxFiles files() {
    return workplace.sandbox().files();
  }

  private String path(Exchange exchange) {
    return workplace.absolute(Parameters.required(exchange, "path"));
  }

  private FileEntry existing(String path) {
    try {
      return files().stat(path);
    } catch (SandboxFileException e) {
      if (e.reason() == SandboxFileException.Reason.NOT_FOUND
          || e.reason() == SandboxFileException.Reason.NOT_DIRECTORY) {
        throw Problem.invalid("path not found: " + path).failure();
      }
      throw e;
    }
  }

  private void entries(Exchange exchange) throws InterruptedException {
    String path = workplace.absolute(exchange.query("path").orElse("."));
    if (!existing(path).isDirectory()) {
      throw Problem.invalid("path not found: " + path).failure();
    }
    ArrayNode entries = Json.MAPPER.createArrayNode();
    for (FileEntry entry : files().list(path)) {
      String whole = (path.equals("/") ? "" : path) + "/" + entry.name();
      ObjectNode json = entries.addObject().put("name", entry.name()).put("path", whole);
      describe(json, entry.kind() == FileEntry.Kind.SYMLINK ? target(whole, entry) : entry);
    }
    exchange.send(Reply.json(200, entries));
  }

  private FileEntry target(String path, FileEntry link) {
    try {
      return files().stat(path);
    } catch (SandboxFileException e) {
      // It leads nowhere: it is shown as it is.
      return link;
    }
  }

  private static void describe(ObjectNode json, FileEntry entry) {
    json.put("entryType", entry.isDirectory() ? "directory" : "file")
        .put("size", entry.size())
        .put("modified", entry.modifiedAt().toString());
  }

  private void stat(Exchange exchange) throws InterruptedException {
    String path = path(exchange);
    ObjectNode json = Json.object().put("path", path);
    describe(json, existing(path));
    exchange.send(Reply.json(200, json));
  }

  private void read(Exchange exchange) throws InterruptedException, IOException {
    String path = path(exchange);
    if (!existing(path).isFile()) {
      throw Problem.invalid("path is not a file: " + path).failure();
    }
    try (InputStream file = files().read(path)) {
      // Whatever is in it must not act in a browser as a page of this server.
      exchange.begin(
          200,
          Map.of(
              "content-type", "application/octet-stream",
              "content-disposition", "attachment",
              "x-content-type-options", "nosniff"));
      byte[] buffer = new byte[64 << 10];
      for (int n = file.read(buffer); n >= 0; n = file.read(buffer)) {
        exchange.write(Arrays.copyOf(buffer, n));
      }
    }
    exchange.end();
  }

  private void write(Exchange exchange) throws InterruptedException, IOException {
    String path = path(exchange);
    long count;
    try (InputStream body = exchange.bodyStream(LARGEST_FILE);
        OutputStream file = files().write(path, WriteOptions.DEFAULT)) {
      count = body.transferTo(file);
    }
    exchange.send(Reply.json(200, Json.object().put("path", path).put("bytesWritten", count)));
  }

  private void remove(Exchange exchange) throws InterruptedException {
    String path = path(exchange);
    boolean recursive = Parameters.flag(exchange, "recursive");
    refuseMissing(path);
    if (recursive) {
      files().removeTree(path);
    } else {
      files().remove(path);
    }
    exchange.send(Reply.json(200, Json.object().put("path", path)));
  }

  private void refuseMissing(String path) {
    try {
      files().statLink(path);
    } catch (SandboxFileException e) {
      throw Problem.invalid("path not found: " + path).failure();
    }
  }

  private void mkdir(Exchange exchange) throws InterruptedException {
    String path = path(exchange);
    files().mkdir(path);
    exchange.send(Reply.json(200, Json.object().put("path", path)));
  }

  private void move(Exchange exchange) throws InterruptedException {
    Fields body = JsonBody.object(exchange);
    String from = workplace.absolute(body.requiredText("from"));
    String to = workplace.absolute(body.requiredText("to"));
    boolean overwrite = body.flag("overwrite").orElse(false);
    refuseMissing(from);
    if (to.lastIndexOf('/') > 0) {
      files().mkdir(to.substring(0, to.lastIndexOf('/')));
    }
    try {
      if (overwrite) {
        files().moveReplacing(from, to);
      } else {
        files().move(from, to);
      }
    } catch (SandboxFileException e) {
      if (e.reason() == SandboxFileException.Reason.EXISTS) {
        throw Problem.invalid("destination already exists: " + to).failure();
      }
      throw e;
    }
    exchange.send(Reply.json(200, Json.object().put("from", from).put("to", to)));
  }

  private void upload(Exchange exchange) throws InterruptedException, IOException {
    String path = workplace.absolute(exchange.query("path").orElse("."));
    boolean tar =
        exchange
            .header("content-type")
            .map(type -> type.split(";", 2)[0].strip())
            .filter("application/x-tar"::equalsIgnoreCase)
            .isPresent();
    if (!tar) {
      throw Problem.invalid("content-type must be application/x-tar").failure();
    }
    ObjectNode answer = Json.object();
    try (TarNames names = new TarNames(exchange.bodyStream(LARGEST_FILE))) {
      files().unpack(names, path);
      names.transferTo(OutputStream.nullOutputStream());
      ArrayNode paths = answer.putArray("paths");
      names.names().forEach(name -> paths.add((path.equals("/") ? "" : path) + "/" + name));
      answer.put("truncated", names.truncated());
    }
    exchange.send(Reply.json(200, answer));
  }
}
