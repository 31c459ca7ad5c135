package dev.dunes.server.e2b.envd;

import dev.dunes.hosting.OpenSandbox;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxFiles;
import dev.dunes.sandbox.WriteOptions;
import dev.dunes.server.e2b.connect.Message;
import dev.dunes.server.http.Exchange;
import dev.dunes.server.http.Reply;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.security.SecureRandom;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Makes one file of several, which are gone then. E2B wire 2.6. */
final class FileCompose {
  private static final SecureRandom RANDOM = new SecureRandom();

  private final Exchange exchange;
  private final OpenSandbox open;

  FileCompose(Exchange exchange, OpenSandbox open) {
    this.exchange = exchange;
    this.open = open;
  }

  Reply write(ComposeRequest request) {
    Optional<String> username = request.username().or(() -> exchange.query("username"));
    List<String> sources =
        request.sources().stream().map(path -> FileRoutes.path(open, username, path)).toList();
    String destination = FileRoutes.path(open, username, request.destination());
    SandboxFiles files = open.sandbox().files();
    join(files, sources, destination);
    Set<String> gone = new LinkedHashSet<>(sources);
    gone.remove(destination);
    gone.forEach(files::remove);
    Message entry = new Entries(open.sandbox(), EnvdCall.users(open), false).at(destination);
    return Reply.of(200, "application/json", entry.json());
  }

  /** As a whole or not at all: the destination may be one of the sources. */
  private static void join(SandboxFiles files, List<String> sources, String destination) {
    String part = "%s.%08x.part".formatted(destination, RANDOM.nextInt());
    try {
      copy(files, sources, part);
      files.moveReplacing(part, destination);
    } catch (SandboxException e) {
      try {
        files.removeTree(part);
      } catch (SandboxException left) {
        e.addSuppressed(left);
      }
      throw e;
    }
  }

  private static void copy(SandboxFiles files, List<String> sources, String target) {
    try (OutputStream out = files.write(target, WriteOptions.DEFAULT)) {
      for (String source : sources) {
        try (InputStream in = files.read(source)) {
          in.transferTo(out);
        }
      }
    } catch (IOException e) {
      throw FileFailures.cause(e);
    }
  }
}
