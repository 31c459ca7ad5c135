package dev.dunes.server.sandboxapi;

import dev.dunes.hosting.Account;
import dev.dunes.hosting.Hosting;
import dev.dunes.hosting.Timestamps;
import dev.dunes.sandbox.FileEntry;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxFiles;
import dev.dunes.sandbox.WriteOptions;
import dev.dunes.server.hosted.Body;
import dev.dunes.server.hosted.Failures;
import dev.dunes.server.hosted.Gate;
import dev.dunes.server.hosted.Query;
import dev.dunes.server.hosted.SandboxRoutes;
import dev.dunes.server.http.Exchange;
import dev.dunes.server.http.HttpFailure;
import dev.dunes.server.http.Json;
import dev.dunes.server.http.Reply;
import dev.dunes.server.http.Route;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Files over HTTP, in the two spellings there are. Sandbox API 2.4. */
final class FileRoutes {
  /** The most that is answered as base64 within JSON. */
  private static final long LARGEST_INLINE = 32L << 20;

  /** What a form has besides its file, at most; more is found out while it is read. */
  private static final long AROUND = 64 << 10;

  private final Hosting hosting;

  FileRoutes(Hosting hosting) {
    this.hosting = hosting;
  }

  List<Route> routes(Gate gate) {
    String files = "/sandboxes/{id}/files";
    String filesystem = "/sandboxes/{id}/filesystem";
    return List.of(
        gate.route("POST", files, this::upload),
        gate.streaming("GET", files, this::read),
        gate.route("DELETE", files, this::delete),
        gate.route("GET", filesystem + "/list", this::list),
        gate.route("GET", filesystem, this::inline),
        gate.route("POST", filesystem, this::write),
        gate.route("DELETE", filesystem, this::delete),
        gate.route("POST", filesystem + "/upload", this::upload),
        gate.streaming("GET", filesystem + "/download", this::download));
  }

  private Reply upload(Exchange exchange, Account account) throws InterruptedException {
    String id = SandboxRoutes.id(exchange);
    hosting.get(account, id); // before the body is read
    long most = account.limits().uploadBytes();
    if (Query.declaredLength(exchange) - AROUND > most) {
      throw new HttpFailure(Upload.tooLarge(most));
    }
    try (Upload upload = Upload.read(exchange, most, hosting.spool())) {
      String wanted = Query.path(upload.path().or(() -> exchange.query("path")));
      String path = wanted.endsWith("/") ? wanted + name(upload.filename()) : wanted;
      return hosting.use(
          account,
          id,
          open -> {
            open.sandbox().upload(upload.spooled(), path);
            return Reply.json(
                200,
                Json.object()
                    .put("path", path)
                    .put("name", path.substring(path.lastIndexOf('/') + 1))
                    .put("size", size(upload))
                    .put("type", "file"));
          });
    }
  }

  private static long size(Upload upload) {
    try {
      return Files.size(upload.spooled());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The last name: some clients send whole paths of theirs. */
  private static String name(String filename) {
    String name = filename.substring(filename.replace('\\', '/').lastIndexOf('/') + 1);
    if (name.isEmpty() || name.equals(".") || name.equals("..") || name.indexOf('\0') >= 0) {
      throw Failures.invalid("filename '%s' cannot be used".formatted(filename));
    }
    return name;
  }

  private Optional<Reply> read(Exchange exchange, Account account) throws InterruptedException {
    String path = Query.path(exchange);
    return hosting.use(
        account,
        SandboxRoutes.id(exchange),
        open -> {
          FileEntry entry = open.sandbox().files().stat(path);
          if (entry.isDirectory()) {
            return Optional.of(Reply.json(200, rows(open.sandbox().files(), path)));
          }
          requireFile(entry, path);
          new Download(exchange, open.sandbox(), path, entry).send();
          return Optional.empty();
        });
  }

  private Optional<Reply> download(Exchange exchange, Account account) throws InterruptedException {
    String path = Query.path(exchange);
    return hosting.use(
        account,
        SandboxRoutes.id(exchange),
        open -> {
          FileEntry entry = open.sandbox().files().stat(path);
          requireFile(entry, path);
          new Download(exchange, open.sandbox(), path, entry).send();
          return Optional.empty();
        });
  }

  private static void requireFile(FileEntry entry, String path) {
    if (entry.isDirectory()) {
      throw Failures.invalid("path '%s' is a directory".formatted(path));
    }
    if (!entry.isFile()) {
      throw Failures.invalid("path '%s' is no regular file".formatted(path));
    }
  }

  private Reply list(Exchange exchange, Account account) throws InterruptedException {
    String path = Query.path(exchange.query("path").or(() -> Optional.of(Query.WORKSPACE)));
    return hosting.use(
        account,
        SandboxRoutes.id(exchange),
        open -> Reply.json(200, rows(open.sandbox().files(), path)));
  }

  private static ArrayNode rows(SandboxFiles files, String path) {
    ArrayNode rows = Json.MAPPER.createArrayNode();
    String before = path.endsWith("/") ? path : path + "/";
    for (FileEntry entry : files.list(path)) {
      ObjectNode row =
          Json.object()
              .put("name", entry.name())
              .put("path", before + entry.path())
              .put("isDir", entry.isDirectory())
              .put("size", entry.size())
              .put("mode", "%04o".formatted(entry.mode()))
              .put("modifiedAt", Timestamps.text(entry.modifiedAt()))
              .put("type", entry.kind().name().toLowerCase(Locale.ROOT));
      entry.linkTarget().ifPresent(target -> row.put("linkTarget", target));
      rows.add(row);
    }
    return rows;
  }

  private Reply inline(Exchange exchange, Account account) throws InterruptedException {
    String path = Query.path(exchange);
    return hosting.use(
        account,
        SandboxRoutes.id(exchange),
        open -> {
          SandboxFiles files = open.sandbox().files();
          requireFile(files.stat(path), path);
          byte[] contents = Query.bounded(files, path, LARGEST_INLINE);
          return Reply.json(
              200, Json.object().put("content", Base64.getEncoder().encodeToString(contents)));
        });
  }

  private Reply write(Exchange exchange, Account account) throws InterruptedException {
    Body body = Body.of(exchange);
    String path = Query.path(body.text("path"));
    byte[] contents = base64(body.required("content"));
    if (contents.length > account.limits().uploadBytes()) {
      throw new HttpFailure(Upload.tooLarge(account.limits().uploadBytes()));
    }
    return hosting.use(
        account,
        SandboxRoutes.id(exchange),
        open -> {
          replace(open.sandbox().files(), path, contents);
          return new Reply(200, java.util.Map.of(), new byte[0]);
        });
  }

  /** As a whole or not at all: a stream that is not closed leaves nothing. */
  private static void replace(SandboxFiles files, String path, byte[] contents) {
    try {
      OutputStream out = files.write(path, WriteOptions.ATOMIC);
      out.write(contents);
      out.close();
    } catch (IOException e) {
      if (e.getCause() instanceof SandboxException known) {
        throw known;
      }
      throw new UncheckedIOException(e);
    }
  }

  private static byte[] base64(String text) {
    try {
      return Base64.getDecoder().decode(text);
    } catch (IllegalArgumentException e) {
      throw Failures.invalid("content is no base64");
    }
  }

  private Reply delete(Exchange exchange, Account account) throws InterruptedException {
    String path = Query.path(exchange);
    return hosting.use(
        account,
        SandboxRoutes.id(exchange),
        open -> {
          open.sandbox().files().statLink(path); // says so when there is nothing
          open.sandbox().files().removeTree(path);
          return Reply.empty(204);
        });
  }
}
