package dev.dunes.provider.sprites;

import dev.dunes.provider.sprites.FakeSprites.Box;
import dev.dunes.provider.sprites.FakeSprites.Refusal;
import dev.dunes.sandbox.FileEntry;
import dev.dunes.sandbox.SandboxFileException;
import dev.dunes.sandbox.SandboxFiles;
import dev.dunes.sandbox.WriteOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The routes for files. */
final class FakeFiles {
  void handle(HttpServerRequest request, Box box, String what, Buffer body) throws IOException {
    String path = String.valueOf(request.getParam("path"));
    SandboxFiles files = box.sandbox.files();
    try {
      switch (request.method() + " " + what) {
        case "GET read" -> read(request, files, path);
        case "PUT write" -> {
          int mode =
              Integer.parseInt(Optional.ofNullable(request.getParam("mode")).orElse("0644"), 8);
          try (OutputStream out = files.write(path, WriteOptions.DEFAULT.withMode(mode))) {
            out.write(body.getBytes());
          }
          FakeSprites.answer(
              request,
              200,
              FakeSprites.object().put("path", path).put("size", body.length()).toString());
        }
        case "GET list" -> FakeSprites.answer(request, 200, list(files, path).toString());
        case "DELETE delete" -> {
          if ("true".equals(request.getParam("recursive"))) {
            files.removeTree(path);
          } else {
            files.remove(path);
          }
          FakeSprites.answer(request, 200, FakeSprites.object().toString());
        }
        default -> throw Refusal.of(404, "not_found", "no route for fs " + what);
      }
    } catch (SandboxFileException e) {
      ObjectNode error = FakeSprites.object().put("error", String.valueOf(e.getMessage()));
      throw new Refusal(404, error.put("code", "ENOENT").put("path", path).toString());
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

  /** Of a directory what is in it, of anything else itself. */
  private static ObjectNode list(SandboxFiles files, String path) {
    FileEntry itself = files.stat(path);
    List<FileEntry> found = itself.isDirectory() ? files.list(path) : List.of(itself);
    ObjectNode answer = FakeSprites.object().put("path", path).put("count", found.size());
    ArrayNode entries = answer.putArray("entries");
    for (FileEntry each : found) {
      entries
          .addObject()
          .put("name", each.name())
          .put("path", itself.isDirectory() ? path + "/" + each.name() : path)
          .put("type", each.isDirectory() ? "directory" : "file")
          .put("size", each.size())
          .put("mode", Integer.toOctalString(each.mode()))
          .put("modTime", each.modifiedAt().toString())
          .put("isDir", each.isDirectory());
    }
    return answer;
  }
}
