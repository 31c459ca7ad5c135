package dev.dunes.server.e2b.proxy;

import dev.dunes.server.http.Header;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The head of a program's answer. It comes out of a sandbox: it is bounded, and what is no proper
 * head ends the connection. RFC 9112.
 *
 * @param status of it
 * @param headers in their order
 */
record AnswerHead(int status, List<Header> headers) {
  private static final int MOST_BYTES = 64 << 10;
  private static final int MOST_INTERIM = 16;
  private static final Pattern STATUS = Pattern.compile("HTTP/1\\.[01] (\\d{3})(?: .*)?");
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9!#$%&'*+.^_`|~-]{1,256}");
  private static final Pattern VALUE = Pattern.compile("[\\t\\x20-\\x7e\\x80-\\xff]*");

  /**
   * Reads one; interim answers before it are skipped.
   *
   * @param upgrade whether 101 is an answer
   */
  static AnswerHead read(InputStream in, boolean upgrade) throws IOException {
    for (int i = 0; i < MOST_INTERIM; i++) {
      AnswerHead head = one(in);
      if (head.status >= 200 || head.status == 101 && upgrade) {
        return head;
      }
      if (head.status == 101) {
        throw new IOException("the program changes to a protocol nobody asked for");
      }
    }
    throw new IOException("the program answers without end");
  }

  private static AnswerHead one(InputStream in) throws IOException {
    int[] left = {MOST_BYTES};
    Matcher status = STATUS.matcher(line(in, left));
    if (!status.matches()) {
      throw new IOException("the program does not speak HTTP/1.1");
    }
    List<Header> headers = new ArrayList<>();
    for (String line = line(in, left); !line.isEmpty(); line = line(in, left)) {
      int colon = line.indexOf(':');
      String name = colon < 0 ? "" : line.substring(0, colon);
      String value = line.substring(colon + 1).strip();
      if (!NAME.matcher(name).matches() || !VALUE.matcher(value).matches()) {
        throw new IOException("the program's answer has a header that cannot be");
      }
      headers.add(new Header(name, value));
    }
    return new AnswerHead(Integer.parseInt(status.group(1)), List.copyOf(headers));
  }

  /** A line without its end. */
  static String line(InputStream in, int[] left) throws IOException {
    StringBuilder line = new StringBuilder();
    while (true) {
      int one = in.read();
      if (one < 0) {
        throw new EOFException("the program's answer is cut off");
      }
      if (--left[0] < 0) {
        throw new IOException("the program's answer has too long a head");
      }
      if (one == '\n') {
        int length = line.length();
        return length > 0 && line.charAt(length - 1) == '\r'
            ? line.substring(0, length - 1)
            : line.toString();
      }
      line.append((char) one);
    }
  }

  private Optional<String> value(String name) {
    return headers.stream()
        .filter(header -> header.name().equalsIgnoreCase(name))
        .map(Header::value)
        .findFirst();
  }

  private boolean chunked() {
    return value("transfer-encoding")
        .filter(text -> text.toLowerCase(Locale.ROOT).endsWith("chunked"))
        .isPresent();
  }

  private boolean bodyless() {
    return status == 204 || status == 304;
  }

  /** What is for the client. */
  List<Header> passedOn() {
    boolean anew = chunked() || bodyless();
    return headers.stream()
        .filter(header -> !RequestHead.HOP.contains(header.name().toLowerCase(Locale.ROOT)))
        .filter(header -> !anew || !header.name().equalsIgnoreCase("content-length"))
        .toList();
  }

  /** What is for the client when both go on in another protocol. */
  List<Header> upgraded() {
    List<Header> passed = new ArrayList<>(passedOn());
    passed.add(new Header("connection", "Upgrade"));
    value("upgrade").ifPresent(name -> passed.add(new Header("upgrade", name)));
    return passed;
  }

  /** What follows, without its framing. */
  InputStream body(InputStream in) throws IOException {
    if (bodyless()) {
      return InputStream.nullInputStream();
    }
    if (chunked()) {
      return new ChunkedInput(in);
    }
    Optional<String> length = value("content-length");
    if (length.isEmpty()) {
      return in; // to its end
    }
    if (!length.get().matches("\\d{1,18}")) {
      throw new IOException("the program's answer has a length that is no number");
    }
    return new ExactInput(in, Long.parseLong(length.get()));
  }
}
