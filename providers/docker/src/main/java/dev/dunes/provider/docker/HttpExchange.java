package dev.dunes.provider.docker;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * One request to a daemon and its answer, HTTP/1.1 (RFC 9112) over a connection of its own. What
 * the answer's head may hold is bounded; the body is a stream, and whoever reads it bounds it.
 */
final class HttpExchange implements Closeable {
  private static final int LONGEST_HEAD = 64 << 10;
  private static final int LONGEST_LINE = 8 << 10;
  private static final int SWITCHING = 101;

  private final Link link;
  private final InputStream in;
  private int status;
  private final Map<String, String> headers = new TreeMap<>();

  HttpExchange(Link link) {
    this.link = link;
    this.in = new BufferedInputStream(link.in());
  }

  /** Sends a request; reads the answer's head. */
  void send(String method, String path, Map<String, String> fields, byte[] body)
      throws IOException {
    StringBuilder head = new StringBuilder();
    head.append(method).append(' ').append(path).append(" HTTP/1.1\r\nHost: docker\r\n");
    fields.forEach((name, value) -> head.append(name).append(": ").append(value).append("\r\n"));
    head.append("Content-Length: ").append(body.length).append("\r\n\r\n");
    ByteArrayOutputStream whole = new ByteArrayOutputStream(head.length() + body.length);
    whole.writeBytes(head.toString().getBytes(ISO_8859_1));
    whole.writeBytes(body);
    whole.writeTo(link.out());
    link.out().flush();
    readHead();
  }

  private void readHead() throws IOException {
    String first = line(LONGEST_LINE);
    String[] words = first.split(" ", 3);
    if (words.length < 2 || !words[0].startsWith("HTTP/1.") || !words[1].matches("[1-5]\\d\\d")) {
      throw new IOException("what listens there does not speak HTTP");
    }
    status = Integer.parseInt(words[1]);
    int length = 0;
    for (String line = line(LONGEST_LINE); !line.isEmpty(); line = line(LONGEST_LINE)) {
      length += line.length();
      if (length > LONGEST_HEAD) {
        throw new IOException("the answer's head is longer than " + LONGEST_HEAD + " bytes");
      }
      int colon = line.indexOf(':');
      if (colon > 0) {
        headers.put(
            line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).strip());
      }
    }
  }

  private String line(int longest) throws IOException {
    StringBuilder line = new StringBuilder();
    for (int c = in.read(); c != '\n'; c = in.read()) {
      if (c < 0) {
        throw new EOFException("the daemon hung up");
      }
      if (line.length() >= longest) {
        throw new IOException("a line of the answer is longer than " + longest + " bytes");
      }
      line.append((char) c);
    }
    int end = line.length() - 1;
    return end >= 0 && line.charAt(end) == '\r' ? line.substring(0, end) : line.toString();
  }

  int status() {
    return status;
  }

  /** Whether the connection is no longer one of HTTP: what follows are the bytes of a program. */
  boolean raw() {
    return status == SWITCHING
        || "application/vnd.docker.raw-stream".equals(headers.get("content-type"))
        || "application/vnd.docker.multiplexed-stream".equals(headers.get("content-type"));
  }

  /** What follows the head of an answer that is {@link #raw()}. */
  Link takeOver() {
    return new Link(in, link.out(), link);
  }

  /** The answer's body, without the chunks it came in. */
  InputStream body() {
    if ("chunked".equalsIgnoreCase(headers.get("transfer-encoding"))) {
      return new Chunks();
    }
    String length = headers.get("content-length");
    long bytes =
        length != null && length.matches("\\d{1,18}") ? Long.parseLong(length) : Long.MAX_VALUE;
    return new Limited(bytes, length != null);
  }

  @Override
  public void close() throws IOException {
    link.close();
  }

  /** So many bytes, or those until the end. */
  private final class Limited extends InputStream {
    private final boolean exact;
    private long left;

    Limited(long left, boolean exact) {
      this.left = left;
      this.exact = exact;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      if (left == 0) {
        return -1;
      }
      int count = in.read(target, offset, (int) Math.min(length, left));
      if (count < 0 && exact) {
        throw new EOFException("the daemon hung up in the middle of its answer");
      }
      left -= Math.max(count, 0);
      return count;
    }
  }

  /** RFC 9112, section 7.1. */
  private final class Chunks extends InputStream {
    private static final int LONGEST_SIZE = 100;
    private long left;
    private boolean first = true;
    private boolean ended;

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      if (left == 0 && !ended) {
        next();
      }
      if (ended) {
        return -1;
      }
      int count = in.read(target, offset, (int) Math.min(length, left));
      if (count < 0) {
        throw new EOFException("the daemon hung up in the middle of its answer");
      }
      left -= count;
      return count;
    }

    private void next() throws IOException {
      if (!first) {
        line(LONGEST_SIZE);
      }
      first = false;
      String size = line(LONGEST_SIZE).split(";", 2)[0].strip();
      if (!size.matches("[0-9a-fA-F]{1,8}")) {
        throw new IOException("the daemon's answer is broken");
      }
      left = Long.parseLong(size, 16);
      ended = left == 0;
    }
  }
}
