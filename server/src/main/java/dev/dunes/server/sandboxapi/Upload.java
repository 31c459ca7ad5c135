package dev.dunes.server.sandboxapi;

import dev.dunes.server.hosted.CodeDialect;
import dev.dunes.server.hosted.Failures;
import dev.dunes.server.http.BodyTooLargeException;
import dev.dunes.server.http.Exchange;
import dev.dunes.server.http.HttpFailure;
import dev.dunes.server.http.Multipart;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;

/**
 * A file that was sent as a form. It waits on disk, as the field that says where it belongs may
 * come after it. Sandbox API 2.4.
 *
 * @param spooled where it waits
 * @param filename its name at the client
 * @param path where it belongs, if that was said
 */
record Upload(Path spooled, String filename, Optional<String> path) implements AutoCloseable {
  private static final int LONGEST_FIELD = 64 << 10;
  private static final int MOST_PARTS = 100;

  /** How much a form may have besides the file. */
  private static final long AROUND = 1 << 20;

  /**
   * Reads the form.
   *
   * @param most bytes the file may have
   * @param directory where it waits
   */
  static Upload read(Exchange exchange, long most, Path directory) throws InterruptedException {
    String boundary =
        Multipart.boundary(exchange)
            .orElseThrow(() ->
                Failures.invalid(
                    "the body must be multipart/form-data with the parts file and path"));
    Path spooled = spool(directory);
    boolean done = false;
    try (InputStream body =
        exchange.bodyStream(most > Long.MAX_VALUE - AROUND ? most : most + AROUND)) {
      Upload upload = read(new Multipart(body, boundary), spooled, most);
      body.transferTo(OutputStream.nullOutputStream()); // what comes after the last boundary
      done = true;
      return upload;
    } catch (BodyTooLargeException e) {
      throw new HttpFailure(tooLarge(most));
    } catch (InterruptedIOException e) {
      throw new InterruptedException("the client has left");
    } catch (Multipart.MalformedException e) {
      throw Failures.invalid("malformed multipart body: " + e.getMessage());
    } catch (IOException e) {
      throw new UncheckedIOException("cannot keep an upload in " + directory, e);
    } finally {
      if (!done) {
        delete(spooled);
      }
    }
  }

  private static Upload read(Multipart form, Path spooled, long most) throws IOException {
    Optional<String> filename = Optional.empty();
    Optional<String> path = Optional.empty();
    int parts = 0;
    for (Optional<Multipart.Part> part = form.next(); part.isPresent(); part = form.next()) {
      if (++parts > MOST_PARTS) {
        throw new Multipart.MalformedException("there are too many parts");
      }
      switch (part.get().name()) {
        case "file" -> {
          if (filename.isPresent()) {
            throw new Multipart.MalformedException("there are two files");
          }
          filename = Optional.of(part.get().filename().orElse("file"));
          try (OutputStream out = new Bounded(Files.newOutputStream(spooled), most)) {
            form.copy(out);
          }
        }
        case "path" -> {
          ByteArrayOutputStream text = new ByteArrayOutputStream();
          form.copy(new Bounded(text, LONGEST_FIELD));
          path = Optional.of(text.toString(java.nio.charset.StandardCharsets.UTF_8));
        }
        default -> form.copy(OutputStream.nullOutputStream());
      }
    }
    if (filename.isEmpty()) {
      throw new Multipart.MalformedException("the part 'file' is missing");
    }
    return new Upload(spooled, filename.get(), path);
  }

  static dev.dunes.server.http.Reply tooLarge(long most) {
    return CodeDialect.reply(
        413, "the upload is larger than the limit of %d bytes".formatted(most));
  }

  private static Path spool(Path directory) {
    try {
      Files.createDirectories(
          directory,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      return Files.createTempFile(
          directory,
          "upload-",
          "",
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-r--r--")));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot keep an upload in " + directory, e);
    }
  }

  private static void delete(Path spooled) {
    try {
      Files.deleteIfExists(spooled);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot remove " + spooled, e);
    }
  }

  @Override
  public void close() {
    delete(spooled);
  }

  /** Takes so many bytes. */
  private static final class Bounded extends OutputStream {
    private final OutputStream target;
    private final long most;
    private long left;

    Bounded(OutputStream target, long most) {
      this.target = target;
      this.most = most;
      this.left = most;
    }

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      left -= length;
      if (left < 0) {
        throw new BodyTooLargeException(most);
      }
      target.write(bytes, offset, length);
    }

    @Override
    public void close() throws IOException {
      target.close();
    }
  }
}
