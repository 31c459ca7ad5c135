package dev.dunes.server.e2b.envd;

import dev.dunes.sandbox.FileEntry;
import dev.dunes.sandbox.SandboxFiles;
import dev.dunes.server.http.ByteRange;
import dev.dunes.server.http.Exchange;
import dev.dunes.server.http.Reply;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.zip.Deflater;

/**
 * Sends a file of a sandbox: as it is, compressed, or a range of it; never all of it is in memory.
 * E2B wire 2.6.
 */
final class FileDownload {
  private static final int BUFFER = 256 << 10;

  private final Exchange exchange;
  private final SandboxFiles files;
  private final String path;
  private final FileEntry entry;
  private final FileConditions conditions;

  FileDownload(Exchange exchange, SandboxFiles files, String path, FileEntry entry) {
    this.exchange = exchange;
    this.files = files;
    this.path = path;
    this.entry = entry;
    this.conditions = new FileConditions(exchange, entry);
  }

  void send() throws InterruptedException {
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put("vary", "Accept-Encoding");
    headers.put("etag", conditions.etag());
    headers.put("last-modified", conditions.lastModified());
    headers.put("accept-ranges", "bytes");
    Optional<Integer> refusal = conditions.refusal();
    if (refusal.isPresent()) {
      exchange.send(new Reply(refusal.get(), headers, new byte[0]));
      return;
    }
    Encodings encoding =
        Encodings.of(
            exchange.header("accept-encoding"), Paths.name(path), entry.size(), !conditions.any());
    if (encoding == Encodings.NONE) {
      throw EnvdReplies.failure(406, "no acceptable encoding: accept identity or gzip");
    }
    // What code in a sandbox made must not act in a browser as a page of this server.
    headers.put("content-type", "application/octet-stream");
    headers.put("x-content-type-options", "nosniff");
    headers.put("content-security-policy", "sandbox");
    headers.put("content-disposition", disposition());
    if (encoding != Encodings.IDENTITY) {
      stream(200, headers, new ByteRange(0, entry.size()), encoding);
      return;
    }
    Optional<ByteRange> range = range();
    if (range.isPresent()) {
      headers.put(
          "content-range",
          "bytes %d-%d/%d"
              .formatted(
                  range.get().from(), range.get().from() + range.get().length() - 1, entry.size()));
    }
    stream(
        range.isPresent() ? 206 : 200,
        headers,
        range.orElse(new ByteRange(0, entry.size())),
        encoding);
  }

  /** Names beyond ASCII in the way of RFC 6266. */
  private String disposition() {
    String name = Paths.name(path);
    if (name.matches("[A-Za-z0-9._-]+")) {
      return "inline; filename=" + name;
    }
    String plain = name.replaceAll("[^\\x20-\\x7E]|[\"\\\\]", "_");
    String encoded = URLEncoder.encode(name, StandardCharsets.UTF_8).replace("+", "%20");
    return "inline; filename=\"%s\"; filename*=utf-8''%s".formatted(plain, encoded);
  }

  private Optional<ByteRange> range() {
    Optional<String> asked = conditions.range();
    if (asked.isEmpty()) {
      return Optional.empty();
    }
    try {
      return ByteRange.of(asked.get(), entry.size());
    } catch (ByteRange.NotSatisfiableException e) {
      throw new dev.dunes.server.http.HttpFailure(
          EnvdReplies.reply(416, "path '%s' has %d bytes".formatted(path, entry.size()))
              .with("content-range", "bytes */" + entry.size()));
    }
  }

  private void stream(int status, Map<String, String> headers, ByteRange range, Encodings encoding)
      throws InterruptedException {
    // Files the kernel makes up say that they are empty, and are not.
    boolean sized = entry.size() > 0;
    try (InputStream in =
        sized ? files.read(path, range.from(), range.length()) : files.read(path)) {
      byte[] buffer = new byte[BUFFER];
      byte[] other = new byte[BUFFER];
      int count = in.readNBytes(buffer, 0, buffer.length);
      boolean zipped = encoding.zips(buffer, count);
      if (zipped) {
        headers.put("content-encoding", "gzip");
        headers.remove("accept-ranges");
        headers.put("etag", "W/" + conditions.etag());
      }
      if (!zipped && (sized || count == 0)) {
        headers.put("content-length", Long.toString(range.length()));
      }
      exchange.begin(status, headers);
      Gzip gzip = new Gzip(zipped);
      long left = sized ? range.length() : Long.MAX_VALUE;
      while (count > 0 && left > 0) {
        int part = (int) Math.min(count, left);
        write(gzip.part(buffer, part));
        left -= part;
        // One is on its way to the client while the next is read.
        byte[] sent = buffer;
        buffer = other;
        other = sent;
        count = in.readNBytes(buffer, 0, buffer.length);
      }
      if (sized && left > 0) {
        throw new IOException("the file became shorter while it was sent");
      }
      write(gzip.end());
      exchange.end();
    } catch (InterruptedIOException e) {
      throw new InterruptedException("the client has left");
    } catch (IOException e) {
      throw FileFailures.cause(e);
    }
  }

  private void write(byte[] part) throws InterruptedException {
    if (part.length > 0) {
      exchange.writeSoon(part);
    }
  }

  /** Compresses piece by piece, or does not. */
  private static final class Gzip {
    private final java.io.ByteArrayOutputStream out = new java.io.ByteArrayOutputStream();
    private final Optional<java.util.zip.GZIPOutputStream> zip;

    Gzip(boolean zipped) throws IOException {
      zip = zipped ? Optional.of(new Fast(out)) : Optional.empty();
    }

    /** Networks that sandboxes are reached by are faster than a better compression. */
    private static final class Fast extends java.util.zip.GZIPOutputStream {
      Fast(OutputStream out) throws IOException {
        super(out, BUFFER);
        def.setLevel(Deflater.BEST_SPEED);
      }
    }

    byte[] part(byte[] data, int length) throws IOException {
      if (zip.isEmpty()) {
        return length == data.length ? data : Arrays.copyOf(data, length);
      }
      zip.get().write(data, 0, length);
      return taken();
    }

    byte[] end() throws IOException {
      if (zip.isEmpty()) {
        return new byte[0];
      }
      zip.get().finish();
      return taken();
    }

    private byte[] taken() {
      byte[] all = out.toByteArray();
      out.reset();
      return all;
    }
  }
}
