package dev.dunes.server.sandboxapi;

import dev.dunes.sandbox.FileEntry;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.server.hosted.CodeDialect;
import dev.dunes.server.http.ByteRange;
import dev.dunes.server.http.Exchange;
import dev.dunes.server.http.HttpFailure;
import dev.dunes.server.http.Reply;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Sends a file of a sandbox as it is, or a range of it, without holding it in memory. Sandbox API
 * 2.4.
 */
final class Download {
  private static final int BUFFER = 256 << 10;

  private final Exchange exchange;
  private final Sandbox sandbox;
  private final String path;
  private final FileEntry entry;

  Download(Exchange exchange, Sandbox sandbox, String path, FileEntry entry) {
    this.exchange = exchange;
    this.sandbox = sandbox;
    this.path = path;
    this.entry = entry;
  }

  void send() throws InterruptedException {
    String etag =
        "\"%x-%x\""
            .formatted(
                entry.modifiedAt().getEpochSecond() * 1_000_000_000L + entry.modifiedAt().getNano(),
                entry.size());
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put("etag", etag);
    headers.put("accept-ranges", "bytes");
    headers.put("cache-control", "no-cache");
    if (exchange.header("if-none-match").filter(tags -> named(tags, etag)).isPresent()) {
      exchange.send(new Reply(304, headers, new byte[0]));
      return;
    }
    // What code in a sandbox made must not act in a browser as a page of this server.
    headers.put("content-type", "application/octet-stream");
    headers.put("content-disposition", "attachment");
    headers.put("x-content-type-options", "nosniff");
    Optional<ByteRange> range = range(etag);
    if (range.isPresent()) {
      headers.put(
          "content-range",
          "bytes %d-%d/%d"
              .formatted(
                  range.get().from(), range.get().from() + range.get().length() - 1, entry.size()));
    }
    stream(range.isPresent() ? 206 : 200, headers, range.orElse(new ByteRange(0, entry.size())));
  }

  private static boolean named(String tags, String etag) {
    return tags.strip().equals("*")
        || Arrays.stream(tags.split(","))
            .map(String::strip)
            .anyMatch(tag -> tag.equals(etag) || tag.equals("W/" + etag));
  }

  private Optional<ByteRange> range(String etag) {
    Optional<String> asked = exchange.header("range");
    if (asked.isEmpty()
        || exchange.header("if-range").filter(tag -> !tag.equals(etag)).isPresent()) {
      return Optional.empty();
    }
    try {
      return ByteRange.of(asked.get(), entry.size());
    } catch (ByteRange.NotSatisfiableException e) {
      throw new HttpFailure(
          CodeDialect.reply(416, "path '%s' has %d bytes".formatted(path, entry.size()))
              .with("content-range", "bytes */" + entry.size()));
    }
  }

  private void stream(int status, Map<String, String> headers, ByteRange range)
      throws InterruptedException {
    // Files the kernel makes up say that they are empty, and are not.
    boolean sized = entry.size() > 0;
    try (InputStream in =
        sized
            ? sandbox.files().read(path, range.from(), range.length())
            : sandbox.files().read(path)) {
      byte[] buffer = new byte[BUFFER];
      int count = in.readNBytes(buffer, 0, buffer.length);
      if (sized || count == 0) {
        headers.put("content-length", Long.toString(range.length()));
      }
      exchange.begin(status, headers);
      long left = sized ? range.length() : Long.MAX_VALUE;
      while (count > 0 && left > 0) {
        int part = (int) Math.min(count, left);
        exchange.write(part == buffer.length ? buffer : Arrays.copyOf(buffer, part));
        left -= part;
        count = in.readNBytes(buffer, 0, buffer.length);
      }
      if (sized && left > 0) {
        throw new IOException("the file became shorter while it was sent");
      }
      exchange.end();
    } catch (InterruptedIOException e) {
      throw new InterruptedException("the client has left");
    } catch (IOException e) {
      if (e.getCause() instanceof SandboxException known) {
        throw known;
      }
      throw new UncheckedIOException(e);
    }
  }
}
