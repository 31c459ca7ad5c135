package dev.dunes.server.e2b.envd;

import dev.dunes.hosting.Hosting;
import dev.dunes.hosting.HostingException;
import dev.dunes.hosting.OpenSandbox;
import dev.dunes.sandbox.FileEntry;
import dev.dunes.sandbox.InvalidRequestException;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxFileException;
import dev.dunes.sandbox.SandboxInterruptedException;
import dev.dunes.sandbox.SandboxQuotaException;
import dev.dunes.sandbox.UnsupportedCapabilityException;
import dev.dunes.server.e2b.PortCall;
import dev.dunes.server.e2b.connect.ConnectCode;
import dev.dunes.server.e2b.connect.ConnectException;
import dev.dunes.server.http.Exchange;
import dev.dunes.server.http.HttpFailure;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code /files}, for those who were let in, and what it answers when it cannot. E2B wire 2.5 and
 * 2.6.
 */
final class FileRoutes {
  private static final Logger LOG = LoggerFactory.getLogger(FileRoutes.class);

  void read(Exchange exchange, PortCall call) throws InterruptedException {
    use(
        call,
        open -> {
          String path = path(open, exchange.query("username"), exchange.query("path").orElse(""));
          FileEntry entry = open.sandbox().files().stat(path);
          if (entry.isDirectory()) {
            throw EnvdReplies.failure(400, "path '%s' is a directory".formatted(path));
          }
          if (!entry.isFile()) {
            throw EnvdReplies.failure(400, "path '%s' is no regular file".formatted(path));
          }
          new FileDownload(exchange, open.sandbox().files(), path, entry).send();
          return true;
        });
  }

  void write(Exchange exchange, PortCall call) throws InterruptedException {
    try (Uploads uploads = Uploads.read(exchange, call)) {
      exchange.send(use(call, open -> new FileUpload(exchange, open).write(uploads)));
    } catch (Metadata.InvalidException e) {
      throw EnvdReplies.failure(400, String.valueOf(e.getMessage()));
    }
  }

  void compose(Exchange exchange, PortCall call) throws InterruptedException {
    ComposeRequest request = ComposeRequest.read(exchange);
    exchange.send(use(call, open -> new FileCompose(exchange, open).write(request)));
  }

  /** The path that is meant. */
  static String path(OpenSandbox open, Optional<String> username, String given) {
    SandboxUser user = EnvdCall.users(open).find(open, username);
    if (user.runAs().isPresent()) {
      throw EnvdReplies.failure(
          403,
          "files cannot be used as user '%s' here; leave username out"
              .formatted(user.runAs().get()));
    }
    return user.path(given);
  }

  private static <T> T use(PortCall call, Hosting.Use<T> work) throws InterruptedException {
    try {
      return call.use(work);
    } catch (HostingException e) {
      LOG.debug("files of {}: {}", call.sandbox().id(), e.getMessage(), e);
      throw failure(e);
    } catch (SandboxException e) {
      LOG.debug("files of {}: {}", call.sandbox().id(), e.getMessage(), e);
      throw failure(e);
    } catch (SandboxUser.PathException e) {
      throw EnvdReplies.failure(400, String.valueOf(e.getMessage()));
    } catch (ConnectException e) {
      int status = e.code() == ConnectCode.UNAUTHENTICATED ? 401 : e.code().status();
      throw EnvdReplies.failure(status, String.valueOf(e.getMessage()));
    }
  }

  private static RuntimeException failure(HostingException e) {
    String message = String.valueOf(e.getMessage());
    return switch (e.reason()) {
      case NOT_FOUND, PAUSED, ALREADY_PAUSED, ALREADY_RUNNING -> e;
      case INVALID, UNSUPPORTED, EXISTS, IN_USE -> EnvdReplies.failure(400, message);
      case LIMIT_REACHED -> EnvdReplies.failure(429, message);
      case UNAVAILABLE -> EnvdReplies.failure(503, message);
    };
  }

  private static RuntimeException failure(SandboxException e) {
    String message = e.getMessage() + e.remedy().map(remedy -> "; " + remedy).orElse("");
    return switch (e) {
      case SandboxInterruptedException interrupted -> interrupted;
      case SandboxFileException file -> failure(file);
      case InvalidRequestException invalid -> EnvdReplies.failure(400, message);
      case UnsupportedCapabilityException unsupported -> EnvdReplies.failure(400, message);
      case SandboxQuotaException quota -> EnvdReplies.failure(507, message);
      default -> EnvdReplies.failure(500, message);
    };
  }

  private static HttpFailure failure(SandboxFileException e) {
    String path = e.path();
    return switch (e.reason()) {
      case NOT_FOUND -> EnvdReplies.failure(404, "path '%s' does not exist".formatted(path));
      case IS_DIRECTORY -> EnvdReplies.failure(400, "path '%s' is a directory".formatted(path));
      case NOT_DIRECTORY ->
          EnvdReplies.failure(400, "path '%s' leads through a file".formatted(path));
      case NOT_REGULAR -> EnvdReplies.failure(400, "path '%s' is no regular file".formatted(path));
      case LOOP -> EnvdReplies.failure(400, "path '%s' leads round and round".formatted(path));
      case PERMISSION, READ_ONLY ->
          EnvdReplies.failure(403, "path '%s' may not be used: %s".formatted(path, e.getMessage()));
      case NO_SPACE -> EnvdReplies.failure(507, "not enough disk space for '%s'".formatted(path));
      case TOO_LARGE -> EnvdReplies.failure(413, "path '%s' is too large".formatted(path));
      case EXISTS, NOT_EMPTY, UNSAFE_ARCHIVE ->
          EnvdReplies.failure(400, String.valueOf(e.getMessage()));
      case IO -> EnvdReplies.failure(500, String.valueOf(e.getMessage()));
    };
  }
}
