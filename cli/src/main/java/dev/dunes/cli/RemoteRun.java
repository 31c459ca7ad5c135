package dev.dunes.cli;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/** A run at a server, as its stream of events tells. Query API 2.4. */
final class RemoteRun implements RunEvents {
  /** No event is longer. Query API 3.3. */
  private static final int LONGEST_LINE = 16 << 20;

  private static final byte[] DATA = "data:".getBytes(StandardCharsets.US_ASCII);

  private final Server server;
  private final String id;
  private final BufferedInputStream stream;
  private final AtomicBoolean ended = new AtomicBoolean();

  RemoteRun(Server server, HttpResponse<InputStream> response) {
    this.server = server;
    this.id = response.headers().firstValue("x-run-id").orElse("");
    this.stream = new BufferedInputStream(response.body(), 1 << 16);
  }

  @Override
  public String id() {
    return id;
  }

  @Override
  public Optional<byte[]> next() {
    try {
      // Each event is one line of data; pings are comments, and empty lines end events.
      for (Optional<byte[]> line = line(); line.isPresent(); line = line()) {
        byte[] bytes = line.get();
        if (bytes.length > DATA.length
            && Arrays.equals(bytes, 0, DATA.length, DATA, 0, DATA.length)) {
          int start = bytes[DATA.length] == ' ' ? DATA.length + 1 : DATA.length;
          return Optional.of(Arrays.copyOfRange(bytes, start, bytes.length));
        }
      }
      ended.set(true);
      return Optional.empty();
    } catch (IOException e) {
      if (Thread.currentThread().isInterrupted()) {
        throw new Failure(ExitCodes.INTERRUPTED, "Interrupted.", "");
      }
      throw new Failure(ExitCodes.ERROR, "the stream of events broke off: " + e.getMessage(), "");
    }
  }

  private Optional<byte[]> line() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int next = stream.read(); next >= 0; next = stream.read()) {
      if (next == '\n') {
        byte[] bytes = line.toByteArray();
        boolean crlf = bytes.length > 0 && bytes[bytes.length - 1] == '\r';
        return Optional.of(crlf ? Arrays.copyOf(bytes, bytes.length - 1) : bytes);
      }
      if (line.size() >= LONGEST_LINE) {
        throw new IOException("an event of more than 16 MiB");
      }
      line.write(next);
    }
    return Optional.empty();
  }

  @Override
  public InputStream file(String relativePath) throws IOException {
    return server.file(id, relativePath);
  }

  @Override
  public void cancel() {
    if (!id.isEmpty() && ended.compareAndSet(false, true)) {
      boolean interrupted = Thread.interrupted(); // the server shall hear of it all the same
      try {
        server.cancel(id);
      } catch (Failure e) {
        // It notices that nobody listens any more.
      } finally {
        if (interrupted) {
          Thread.currentThread().interrupt();
        }
      }
    }
  }

  @Override
  public void close() {
    try {
      stream.close();
    } catch (IOException e) {
      // it is not read any more
    } finally {
      server.close();
    }
  }
}
