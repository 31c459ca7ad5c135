package dev.dunes.server.http;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads a multipart body part by part, as it comes. RFC 7578, RFC 2046 5.1. Not safe for use by
 * several threads.
 */
public final class Multipart {
  private static final Pattern BOUNDARY =
      Pattern.compile(
          "(?i)multipart/form-data\\s*;.*?boundary=(?:\"([^\"]{1,70})\"|([^\\s;]{1,70})).*");
  private static final Pattern PARAMETER =
      Pattern.compile(
          ";\\s*(name|filename)=(?:\"((?:[^\"\\\\]|\\\\.)*)\"|([^\\s;]+))",
          Pattern.CASE_INSENSITIVE);
  private static final int MOST_HEADERS = 16 << 10;
  private static final int BUFFER = 64 << 10;

  private final InputStream in;

  /** Line feed, two dashes and the boundary: what ends a part. */
  private final byte[] end;

  /** How much further the end can be at least, by the byte that is where its last one would be. */
  private final int[] skip = new int[256];

  private byte[] buffer = new byte[BUFFER];
  private int from;
  private int to;
  private boolean started;

  /** The body is no multipart that can be read. */
  public static final class MalformedException extends IOException {
    private static final long serialVersionUID = 1L;

    public MalformedException(String message) {
      super(message);
    }
  }

  /**
   * The head of a part; its contents come next.
   *
   * @param name of the field
   * @param filename when it is a file
   */
  public record Part(String name, Optional<String> filename) {}

  public Multipart(InputStream in, String boundary) {
    this.in = in;
    this.end = ("\r\n--" + boundary).getBytes(StandardCharsets.UTF_8);
    Arrays.fill(skip, end.length);
    for (int i = 0; i < end.length - 1; i++) {
      skip[end[i] & 0xFF] = end.length - 1 - i;
    }
    // The first boundary has no line before it.
    buffer[0] = '\r';
    buffer[1] = '\n';
    to = 2;
  }

  /** The boundary of a request's body; empty when it is no form. */
  public static Optional<String> boundary(Exchange exchange) {
    return exchange
        .header("content-type")
        .map(BOUNDARY::matcher)
        .filter(Matcher::matches)
        .map(found -> found.group(1) == null ? found.group(2) : found.group(1));
  }

  /** The next part, once the one before was copied. Empty when there is none. */
  public Optional<Part> next() throws IOException {
    if (!started) {
      started = true;
      copy(OutputStream.nullOutputStream());
    }
    need(2);
    if (buffer[from] == '-' && buffer[from + 1] == '-') {
      return Optional.empty();
    }
    String headers = headers();
    Optional<String> name = Optional.empty();
    Optional<String> filename = Optional.empty();
    for (String line : headers.split("\r\n")) {
      if (line.regionMatches(true, 0, "content-disposition:", 0, 20)) {
        Matcher parameters = PARAMETER.matcher(line);
        while (parameters.find()) {
          String quoted = parameters.group(2);
          Optional<String> value =
              Optional.of(
                  quoted == null ? parameters.group(3) : quoted.replaceAll("\\\\(.)", "$1"));
          if (parameters.group(1).equalsIgnoreCase("name")) {
            name = value;
          } else {
            filename = value;
          }
        }
      }
    }
    if (name.isEmpty()) {
      throw new MalformedException("a part has no name");
    }
    return Optional.of(new Part(name.get(), filename));
  }

  private String headers() throws IOException {
    ByteArrayOutputStream headers = new ByteArrayOutputStream();
    while (true) {
      int b = read();
      headers.write(b);
      if (b == '\n' && endsWithEmptyLine(headers.toByteArray())) {
        return headers.toString(StandardCharsets.UTF_8);
      }
      if (headers.size() > MOST_HEADERS) {
        throw new MalformedException("the head of a part is too long");
      }
    }
  }

  private static boolean endsWithEmptyLine(byte[] bytes) {
    int n = bytes.length;
    return n >= 4 && bytes[n - 4] == '\r' && bytes[n - 3] == '\n' && bytes[n - 2] == '\r';
  }

  /** Copies the contents of the part to somewhere; how many bytes. */
  public long copy(OutputStream target) throws IOException {
    long count = 0;
    while (true) {
      int at = find();
      if (at >= 0) {
        target.write(buffer, from, at - from);
        count += at - from;
        from = at + end.length;
        return count;
      }
      // What may be the beginning of the end stays.
      int whole = Math.max(0, to - from - end.length + 1);
      target.write(buffer, from, whole);
      count += whole;
      from += whole;
      fill();
    }
  }

  /** Horspool's search: most bytes of a file are never looked at. */
  private int find() {
    int last = end.length - 1;
    int at = from;
    while (at + last < to) {
      byte there = buffer[at + last];
      if (there == end[last] && matches(at)) {
        return at;
      }
      at += skip[there & 0xFF];
    }
    return -1;
  }

  private boolean matches(int at) {
    for (int i = 0; i < end.length; i++) {
      if (buffer[at + i] != end[i]) {
        return false;
      }
    }
    return true;
  }

  private int read() throws IOException {
    need(1);
    return buffer[from++] & 0xFF;
  }

  private void need(int bytes) throws IOException {
    while (to - from < bytes) {
      fill();
    }
  }

  private void fill() throws IOException {
    if (from > 0) {
      System.arraycopy(buffer, from, buffer, 0, to - from);
      to -= from;
      from = 0;
    }
    int count = in.read(buffer, to, buffer.length - to);
    if (count < 0) {
      throw new MalformedException("the body ends in the middle of a part");
    }
    to += count;
  }
}
