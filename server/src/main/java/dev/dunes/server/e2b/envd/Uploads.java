package dev.dunes.server.e2b.envd;

import dev.dunes.sandbox.spi.BoundedInput;
import dev.dunes.server.e2b.PortCall;
import dev.dunes.server.http.BodyTooLargeException;
import dev.dunes.server.http.Exchange;
import dev.dunes.server.http.HttpFailure;
import dev.dunes.server.http.Multipart;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * The files a client sends at once, all of them here before the first is written. E2B wire 2.6.
 *
 * @param spool their contents
 * @param files in the order they came
 * @param metadata of each of them
 */
record Uploads(Spool spool, List<Upload> files, Map<String, String> metadata)
    implements AutoCloseable {
  private static final int MOST_FILES = 1000;

  /** What a form may have besides its files, in bytes. */
  private static final long MOST_AROUND = 16L << 20;

  /**
   * A file.
   *
   * @param target where it belongs, as the client says it
   * @param from where its contents begin
   * @param length of its contents
   */
  record Upload(String target, long from, long length) {}

  static Uploads read(Exchange exchange, PortCall call) throws InterruptedException {
    Map<String, String> metadata = Metadata.of(exchange);
    long most = call.account().limits().uploadBytes();
    Optional<String> boundary = Multipart.boundary(exchange);
    Optional<String> path = exchange.query("path").filter(text -> !text.isEmpty());
    if (boundary.isEmpty()) {
      requireBytes(exchange);
      if (path.isEmpty()) {
        throw EnvdReplies.failure(400, "path is required for uploads of application/octet-stream");
      }
    }
    boolean zipped = isZipped(exchange);
    Spool spool = new Spool(call.hosting()::spool, most);
    boolean done = false;
    try (InputStream body = exchange.bodyStream(Long.MAX_VALUE)) {
      // Little that was compressed can be much, also of what is not kept.
      InputStream plain =
          new BoundedInput(
              zipped ? new GZIPInputStream(body) : body,
              most + MOST_AROUND,
              () -> {
                throw new BodyTooLargeException(most);
              });
      List<Upload> files;
      if (boundary.isPresent()) {
        files = parts(new Multipart(plain, boundary.get()), path, spool);
      } else {
        plain.transferTo(spool);
        files = List.of(new Upload(path.orElseThrow(), 0, spool.size()));
      }
      plain.transferTo(OutputStream.nullOutputStream()); // what comes after it is forgotten
      done = true;
      return new Uploads(spool, files, metadata);
    } catch (BodyTooLargeException e) {
      throw tooLarge(most);
    } catch (InterruptedIOException e) {
      throw new InterruptedException("the client has left");
    } catch (Multipart.MalformedException e) {
      throw EnvdReplies.failure(400, "malformed multipart body: " + e.getMessage());
    } catch (ZipException | java.io.EOFException e) {
      throw EnvdReplies.failure(400, "the body is no gzip: " + e.getMessage());
    } catch (IOException e) {
      throw new UncheckedIOException("cannot keep an upload", e);
    } finally {
      if (!done) {
        close(spool);
      }
    }
  }

  private static HttpFailure tooLarge(long most) {
    return EnvdReplies.failure(
        413, "the upload is larger than the limit of %d bytes".formatted(most));
  }

  private static void requireBytes(Exchange exchange) {
    String type = exchange.header("content-type").orElse("");
    String plain = type.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
    if (!plain.equals("application/octet-stream")) {
      throw EnvdReplies.failure(
          400,
          "the body must be multipart/form-data or application/octet-stream, and is '%s'"
              .formatted(plain));
    }
  }

  private static boolean isZipped(Exchange exchange) {
    String encoding =
        exchange.header("content-encoding").orElse("identity").strip().toLowerCase(Locale.ROOT);
    return switch (encoding) {
      case "identity" -> false;
      case "gzip" -> true;
      default ->
          throw EnvdReplies.failure(
              400, "Content-Encoding '%s' is not understood; use gzip".formatted(encoding));
    };
  }

  /** A form's file belongs where the query says, or else where its own name says. */
  private static List<Upload> parts(Multipart form, Optional<String> path, Spool spool)
      throws IOException {
    List<Upload> files = new ArrayList<>();
    for (Optional<Multipart.Part> part = form.next(); part.isPresent(); part = form.next()) {
      if (!part.get().name().equals("file")) {
        form.copy(OutputStream.nullOutputStream());
        continue;
      }
      if (files.size() == MOST_FILES) {
        throw new Multipart.MalformedException(
            "there are more than %d files".formatted(MOST_FILES));
      }
      String target =
          path.or(part.get()::filename)
              .filter(name -> !name.isEmpty())
              .orElseThrow(() ->
                  new Multipart.MalformedException("a file has no name, and path is not given"));
      long from = spool.size();
      long length = form.copy(spool);
      files.add(new Upload(target, from, length));
    }
    return files;
  }

  private static void close(Spool spool) {
    try {
      spool.close();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot remove an upload", e);
    }
  }

  @Override
  public void close() {
    close(spool);
  }
}
