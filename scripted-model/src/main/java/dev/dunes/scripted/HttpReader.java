package dev.dunes.scripted;

import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import java.util.zip.InflaterInputStream;
import java.util.zip.ZipException;

/** Reads requests from one connection, HTTP/1.1 as RFC 9112 has it. */
final class HttpReader {
  static final int MAX_BODY = 64 << 20;
  private static final int MAX_HEAD = 64 << 10;

  private final BufferedInputStream in;
  private final OutputStream out;

  HttpReader(InputStream in, OutputStream out) {
    this.in = new BufferedInputStream(in, 1 << 14);
    this.out = out;
  }

  /** A request that cannot be answered, and the status that says so. */
  static final class RefusedException extends IOException {
    private final int status;

    RefusedException(int status, String message) {
      super(message);
      this.status = status;
    }

    int status() {
      return status;
    }
  }

  /** Waits for the next byte without taking it; false when the client has left. */
  boolean awaitNext() throws IOException {
    in.mark(1);
    int next = in.read();
    if (next < 0) {
      return false;
    }
    in.reset();
    return true;
  }

  /** The next request, or nothing when the client has closed the connection. */
  Optional<HttpRequest> next() throws IOException {
    int[] left = {MAX_HEAD};
    String line = line(left);
    if (line.isEmpty()) {
      return Optional.empty();
    }
    String[] parts = line.split(" ", -1);
    if (parts.length != 3 || !parts[2].startsWith("HTTP/1.")) {
      throw new RefusedException(400, "not an HTTP/1.1 request line");
    }
    Map<String, List<String>> headers = new HashMap<>();
    for (String header = line(left); !header.isEmpty(); header = line(left)) {
      int colon = header.indexOf(':');
      if (colon < 1) {
        throw new RefusedException(400, "a header without a name");
      }
      headers
          .computeIfAbsent(
              header.substring(0, colon).toLowerCase(Locale.ROOT), _ -> new ArrayList<>())
          .add(header.substring(colon + 1).strip());
    }
    HttpRequest head =
        new HttpRequest(parts[0], parts[1], parts[2].equals("HTTP/1.0"), headers, new byte[0]);
    byte[] body = decoded(head, body(head));
    return Optional.of(new HttpRequest(head.method(), head.target(), head.http10(), headers, body));
  }

  private byte[] body(HttpRequest head) throws IOException {
    boolean chunked = head.header("transfer-encoding").toLowerCase(Locale.ROOT).contains("chunked");
    String length = head.header("content-length");
    if (!chunked && (length.isEmpty() || length.equals("0"))) {
      return new byte[0];
    }
    if (head.header("expect").equalsIgnoreCase("100-continue")) {
      out.write("HTTP/1.1 100 Continue\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      out.flush();
    }
    if (chunked) {
      return chunks();
    }
    byte[] body = in.readNBytes(number(length, 10));
    if (body.length < number(length, 10)) {
      throw new IOException("the connection ended within a body");
    }
    return body;
  }

  private byte[] chunks() throws IOException {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    while (true) {
      int[] left = {MAX_HEAD};
      String size = line(left);
      int end = size.indexOf(';');
      int length = number((end < 0 ? size : size.substring(0, end)).strip(), 16);
      if (length == 0) {
        while (!line(left).isEmpty()) {
          // trailers say nothing that matters here
        }
        return body.toByteArray();
      }
      if (body.size() + length > MAX_BODY) {
        throw new RefusedException(413, "the body is larger than 64 MiB");
      }
      body.write(in.readNBytes(length));
      line(left);
    }
  }

  private static int number(String text, int radix) throws RefusedException {
    try {
      long value = Long.parseLong(text, radix);
      if (value < 0) {
        throw new RefusedException(400, "a negative length");
      }
      if (value > MAX_BODY) {
        throw new RefusedException(413, "the body is larger than 64 MiB");
      }
      return (int) value;
    } catch (NumberFormatException e) {
      throw new RefusedException(400, "not a length: " + text);
    }
  }

  private static byte[] decoded(HttpRequest head, byte[] body) throws IOException {
    String encoding = head.header("content-encoding").toLowerCase(Locale.ROOT);
    try (InputStream decoded =
        switch (encoding) {
          case "", "identity" -> new ByteArrayInputStream(body);
          case "gzip", "x-gzip" -> new GZIPInputStream(new ByteArrayInputStream(body));
          case "deflate" -> new InflaterInputStream(new ByteArrayInputStream(body));
          default -> throw new RefusedException(415, "content-encoding " + encoding);
        }) {
      byte[] all = decoded.readNBytes(MAX_BODY + 1);
      if (all.length > MAX_BODY) {
        throw new RefusedException(413, "the body is larger than 64 MiB");
      }
      return all;
    } catch (EOFException | ZipException e) {
      throw new RefusedException(400, "the body is not " + encoding);
    }
  }

  /** A line without its end; empty at the end of the connection. */
  private String line(int[] left) throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int next = in.read(); next >= 0 && next != '\n'; next = in.read()) {
      if (--left[0] < 0) {
        throw new RefusedException(431, "the head is larger than 64 KiB");
      }
      line.write(next);
    }
    String text = line.toString(StandardCharsets.ISO_8859_1);
    return text.endsWith("\r") ? text.substring(0, text.length() - 1) : text;
  }
}
