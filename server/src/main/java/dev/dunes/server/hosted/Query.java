package dev.dunes.server.hosted;

import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxFiles;
import dev.dunes.server.http.Exchange;
import dev.dunes.server.http.HttpFailure;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Optional;

/** Parameters of a query. */
public final class Query {
  /** Where relative paths start. */
  public static final String WORKSPACE = "/workspace";

  private static final int LONGEST_PATH = 4096;

  private Query() {}

  /** A whole number. */
  public static long number(Exchange exchange, String name, long fallback, long least, long most) {
    Optional<String> text = exchange.query(name).map(String::strip);
    if (text.isEmpty()) {
      return fallback;
    }
    try {
      long value = Long.parseLong(text.get());
      if (value >= least && value <= most) {
        return value;
      }
    } catch (NumberFormatException e) {
      throw Failures.invalid("%s must be a whole number".formatted(name));
    }
    throw Failures.invalid("%s must be from %d to %d".formatted(name, least, most));
  }

  /** What the body is said to have; 0 when nothing is said. */
  public static long declaredLength(Exchange exchange) {
    try {
      return exchange.header("content-length").map(String::strip).map(Long::parseLong).orElse(0L);
    } catch (NumberFormatException e) {
      throw Failures.invalid("content-length is no number");
    }
  }

  /** A whole file of at most so many bytes. */
  public static byte[] bounded(SandboxFiles files, String path, long most) {
    try (InputStream in = files.read(path, 0, most + 1)) {
      byte[] contents = in.readAllBytes();
      if (contents.length > most) {
        throw new HttpFailure(
            CodeDialect.reply(
                413,
                "path '%s' has more than %d bytes; GET /sandboxes/{id}/files reads files of any size"
                    .formatted(path, most)));
      }
      return contents;
    } catch (IOException e) {
      if (e.getCause() instanceof SandboxException known) {
        throw known;
      }
      throw new UncheckedIOException(e);
    }
  }

  public static boolean base64(Exchange exchange) {
    Optional<String> encoding = exchange.query("encoding");
    if (encoding.isEmpty() || encoding.get().equals("utf8")) {
      return false;
    }
    if (encoding.get().equals("base64")) {
      return true;
    }
    throw Failures.invalid("encoding must be utf8 or base64");
  }

  /** The parameter {@code path}, which must be there. */
  public static String path(Exchange exchange) {
    return path(exchange.query("path"));
  }

  /** A path in the sandbox; a relative one starts at the workspace. */
  public static String path(Optional<String> given) {
    String path =
        given
            .filter(text -> !text.isEmpty())
            .orElseThrow(() -> Failures.invalid("path is required"));
    if (path.indexOf('\0') >= 0 || path.length() > LONGEST_PATH) {
      throw Failures.invalid(
          "path must have at most %d characters, and no NUL".formatted(LONGEST_PATH));
    }
    return path.startsWith("/") ? path : WORKSPACE + "/" + path;
  }
}
