package dev.dunes.server.e2b.envd;

import dev.dunes.hosting.OpenSandbox;
import dev.dunes.sandbox.SandboxFiles;
import dev.dunes.sandbox.WriteOptions;
import dev.dunes.server.http.Exchange;
import dev.dunes.server.http.Json;
import dev.dunes.server.http.Reply;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Writes what a client has sent into a sandbox. E2B wire 2.6. */
final class FileUpload {
  private static final int BUFFER = 256 << 10;

  private final Exchange exchange;
  private final OpenSandbox open;

  FileUpload(Exchange exchange, OpenSandbox open) {
    this.exchange = exchange;
    this.open = open;
  }

  /** Writes all of them; the answer. */
  Reply write(Uploads uploads) {
    Map<String, Uploads.Upload> targets = new LinkedHashMap<>();
    for (Uploads.Upload upload : uploads.files()) {
      String path = FileRoutes.path(open, exchange.query("username"), upload.target());
      if (targets.put(path, upload) != null) {
        throw EnvdReplies.failure(
            400, "you cannot upload multiple files to the same path '%s'".formatted(path));
      }
    }
    SandboxFiles files = open.sandbox().files();
    Metadata metadata = new Metadata(files);
    ArrayNode rows = Json.MAPPER.createArrayNode();
    targets.forEach((path, upload) -> {
      write(files, path, uploads.spool(), upload);
      metadata.replace(path, uploads.metadata());
      ObjectNode row =
          Json.object().put("path", path).put("name", Paths.name(path)).put("type", "file");
      if (!uploads.metadata().isEmpty()) {
        ObjectNode said = row.putObject("metadata");
        uploads.metadata().forEach(said::put);
      }
      rows.add(row);
    });
    return Reply.json(200, rows);
  }

  /** In place, as watchers of the file expect it. */
  private static void write(SandboxFiles files, String path, Spool spool, Uploads.Upload upload) {
    try (InputStream in = spool.read(upload.from(), upload.length());
        OutputStream out = files.write(path, WriteOptions.DEFAULT)) {
      byte[] buffer = new byte[BUFFER];
      for (int count = in.readNBytes(buffer, 0, BUFFER);
          count > 0;
          count = in.readNBytes(buffer, 0, BUFFER)) {
        out.write(buffer, 0, count);
      }
    } catch (IOException e) {
      throw FileFailures.cause(e);
    }
  }
}
