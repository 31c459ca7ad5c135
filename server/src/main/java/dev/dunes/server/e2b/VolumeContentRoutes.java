package dev.dunes.server.e2b;

import dev.dunes.hosting.Hosting;
import dev.dunes.hosting.HostingException;
import dev.dunes.hosting.Timestamps;
import dev.dunes.hosting.Volume;
import dev.dunes.hosting.VolumeFiles;
import dev.dunes.sandbox.FileEntry;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.server.hosted.Body;
import dev.dunes.server.hosted.CodeDialect;
import dev.dunes.server.hosted.Failures;
import dev.dunes.server.hosted.Query;
import dev.dunes.server.http.Exchange;
import dev.dunes.server.http.HttpFailure;
import dev.dunes.server.http.Json;
import dev.dunes.server.http.Keys;
import dev.dunes.server.http.Reply;
import dev.dunes.server.http.Route;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The files of a volume, for whoever has its token. E2B wire 2.4. */
final class VolumeContentRoutes {
  /** Whom all files belong to, as sandboxes see them. */
  private static final int USER = 1000;

  private static final int MOST_DEPTH = 64;
  private static final int MOST_ENTRIES = 100_000;
  private static final int BUFFER = 256 << 10;

  private final Hosting hosting;

  /** Answers with the files of the volume that was asked for. */
  @FunctionalInterface
  private interface Work {
    Optional<Reply> answer(Exchange exchange, VolumeFiles files, String path)
        throws InterruptedException;
  }

  VolumeContentRoutes(Hosting hosting) {
    this.hosting = hosting;
  }

  List<Route> routes() {
    return List.of(
        route("GET", "path", (e, files, path) -> Optional.of(shown(200, files, path))),
        route("PATCH", "path", this::change),
        route("DELETE", "path", this::remove),
        route("GET", "dir", this::list),
        route("POST", "dir", this::makeDirectory),
        route("GET", "file", this::read),
        route("PUT", "file", this::write));
  }

  private Route route(String method, String kind, Work work) {
    return Route.open(method, "/volumecontent/{id}/" + kind, exchange -> handle(exchange, work));
  }

  private void handle(Exchange exchange, Work work) throws InterruptedException {
    try {
      Volume volume = volume(exchange);
      String path =
          VolumeFiles.normal(
              exchange
                  .query("path")
                  .filter(text -> !text.isEmpty())
                  .orElseThrow(() -> Failures.invalid("path is required")));
      Optional<Reply> reply =
          hosting.volumes().files(volume, files -> work.answer(exchange, files, path));
      if (reply.isPresent()) {
        exchange.send(reply.get());
      }
    } catch (HostingException e) {
      throw new HttpFailure(Failures.of(e));
    } catch (SandboxException e) {
      throw new HttpFailure(Failures.of(e));
    }
  }

  private Volume volume(Exchange exchange) {
    String token =
        exchange
            .header("authorization")
            .flatMap(Keys::credentials)
            .orElseThrow(() ->
                refused("the token of the volume is needed: send Authorization: Bearer <token>"));
    return hosting
        .volumes()
        .byToken(exchange.parameter("id"), token)
        .orElseThrow(() -> refused("the token is not that of such a volume"));
  }

  private static HttpFailure refused(String why) {
    return new HttpFailure(CodeDialect.reply(401, why).with("www-authenticate", "Bearer"));
  }

  private static Reply shown(int status, VolumeFiles files, String path) {
    return Reply.json(status, json(files.stat(path), path));
  }

  /** All three times are that of the last change: it is the one that is known. */
  private static ObjectNode json(FileEntry entry, String path) {
    String changed = Timestamps.text(entry.modifiedAt());
    ObjectNode json =
        Json.object()
            .put("name", path.substring(path.lastIndexOf('/') + 1))
            .put(
                "type",
                switch (entry.kind()) {
                  case FILE -> "file";
                  case DIRECTORY -> "directory";
                  case SYMLINK -> "symlink";
                  case OTHER -> "unknown";
                })
            .put("path", path)
            .put("size", entry.size())
            .put("mode", entry.mode())
            .put("uid", entry.uid())
            .put("gid", entry.gid())
            .put("atime", changed)
            .put("mtime", changed)
            .put("ctime", changed);
    entry.linkTarget().ifPresent(target -> json.put("target", target));
    return json;
  }

  private Optional<Reply> change(Exchange exchange, VolumeFiles files, String path)
      throws InterruptedException {
    Body body = Body.of(exchange);
    requireUser("uid", body.whole("uid"));
    requireUser("gid", body.whole("gid"));
    OptionalInt mode = bits(body.whole("mode"));
    files.stat(path); // says so when there is nothing
    mode.ifPresent(bits -> files.chmod(path, bits));
    return Optional.of(shown(200, files, path));
  }

  private Optional<Reply> remove(Exchange exchange, VolumeFiles files, String path) {
    files.remove(path);
    return Optional.of(Reply.empty(204));
  }

  private Optional<Reply> list(Exchange exchange, VolumeFiles files, String path) {
    int depth = (int) Query.number(exchange, "depth", 1, 1, MOST_DEPTH);
    List<FileEntry> entries = files.list(path, depth);
    if (entries.size() > MOST_ENTRIES) {
      throw Failures.invalid(
          "'%s' has more than %d entries; use a smaller depth, or list the directories below"
              .formatted(path, MOST_ENTRIES));
    }
    String before = path.equals("/") ? "/" : path + "/";
    ArrayNode rows = Json.MAPPER.createArrayNode();
    entries.forEach(entry -> rows.add(json(entry, before + entry.path())));
    return Optional.of(Reply.json(200, rows));
  }

  private Optional<Reply> makeDirectory(Exchange exchange, VolumeFiles files, String path) {
    OptionalInt mode = mode(exchange);
    files.makeDirectory(path, mode, flag(exchange, "force").orElse(false));
    return Optional.of(shown(201, files, path));
  }

  private Optional<Reply> read(Exchange exchange, VolumeFiles files, String path)
      throws InterruptedException {
    try (InputStream in = files.read(path)) {
      byte[] buffer = new byte[BUFFER];
      int count = in.readNBytes(buffer, 0, buffer.length);
      exchange.begin(
          200,
          Map.of(
              // what code in a sandbox made must not act in a browser as a page of this server
              "content-type", "application/octet-stream",
              "content-disposition", "attachment",
              "x-content-type-options", "nosniff"));
      while (count > 0) {
        exchange.write(count == buffer.length ? buffer : Arrays.copyOf(buffer, count));
        count = in.readNBytes(buffer, 0, buffer.length);
      }
      exchange.end();
      return Optional.empty();
    } catch (IOException e) {
      throw failed(e);
    }
  }

  /** What a client that leaves has not sent whole changes nothing. */
  private Optional<Reply> write(Exchange exchange, VolumeFiles files, String path)
      throws InterruptedException {
    OptionalInt mode = mode(exchange);
    boolean exclusive = !flag(exchange, "force").orElse(true);
    try (InputStream body = exchange.bodyStream(Long.MAX_VALUE)) {
      // Not closed when something fails: then nothing is written.
      OutputStream out = files.write(path, mode, exclusive);
      body.transferTo(out);
      out.close();
    } catch (IOException e) {
      throw failed(e);
    }
    return Optional.of(shown(201, files, path));
  }

  private static RuntimeException failed(IOException e) throws InterruptedException {
    if (e instanceof InterruptedIOException) {
      throw new InterruptedException("the client has left");
    }
    return e.getCause() instanceof SandboxException known
        ? known
        : new UncheckedIOException("the files of a volume", e);
  }

  /** The mode that the query asks for; owners are those there are. */
  private static OptionalInt mode(Exchange exchange) {
    requireUser("uid", number(exchange, "uid"));
    requireUser("gid", number(exchange, "gid"));
    return bits(number(exchange, "mode"));
  }

  private static OptionalLong number(Exchange exchange, String name) {
    return exchange.query(name).filter(text -> !text.isEmpty()).isPresent()
        ? OptionalLong.of(Query.number(exchange, name, 0, 0, 0xFFFF_FFFFL))
        : OptionalLong.empty();
  }

  private static OptionalInt bits(OptionalLong mode) {
    if (mode.isEmpty()) {
      return OptionalInt.empty();
    }
    if (mode.getAsLong() < 0 || mode.getAsLong() > 07777) {
      throw Failures.invalid("mode must be from 0 to 4095 (07777)");
    }
    return OptionalInt.of((int) mode.getAsLong());
  }

  private static void requireUser(String name, OptionalLong value) {
    if (value.isPresent() && value.getAsLong() != USER) {
      throw Failures.invalid(
          "%s: all files of a volume belong to user %d, which is the sandbox's user; leave %s out"
              .formatted(name, USER, name));
    }
  }

  private static Optional<Boolean> flag(Exchange exchange, String name) {
    return exchange
        .query(name)
        .filter(text -> !text.isEmpty())
        .map(text ->
            switch (text.toLowerCase(java.util.Locale.ROOT)) {
              case "true" -> true;
              case "false" -> false;
              default -> throw Failures.invalid(name + " must be true or false");
            });
  }
}
