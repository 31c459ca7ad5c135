package dev.dunes.gateway.egress;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The head of an HTTP/1 message, read strictly (RFC 9112): what two programs could read in two ways
 * is refused. Lines end in CR LF, names are tokens followed by a colon at once, nothing is folded.
 *
 * @param first the line before the headers
 * @param headers in their order
 */
public record MessageHead(String first, List<Header> headers) {
  /**
   * @param name as it came
   */
  public record Header(String name, String value) {
    boolean is(String other) {
      return name.equalsIgnoreCase(other);
    }
  }

  private static final Pattern NAME = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+");
  private static final Pattern VALUE = Pattern.compile("[\\t\\x20-\\x7e\\x80-\\xff]*");
  private static final Pattern FIRST = Pattern.compile("[\\x20-\\x7e]+");
  private static final Pattern DIGITS = Pattern.compile("\\d{1,18}");
  private static final Set<String> HOP =
      Set.of(
          "connection",
          "proxy-connection",
          "keep-alive",
          "proxy-authorization",
          "proxy-authenticate",
          "te",
          "trailer",
          "upgrade",
          "http2-settings",
          "expect");

  public MessageHead {
    headers = List.copyOf(headers);
  }

  /**
   * Reads one.
   *
   * @param bytes up to and without the empty line
   * @throws IllegalArgumentException when it can be misread
   */
  public static MessageHead parse(byte[] bytes) {
    String text = new String(bytes, StandardCharsets.ISO_8859_1);
    String[] lines = text.split("\r\n", -1);
    if (!FIRST.matcher(lines[0]).matches()) {
      throw new IllegalArgumentException("the first line has control characters");
    }
    List<Header> headers = new ArrayList<>();
    for (String line : Arrays.asList(lines).subList(1, lines.length)) {
      headers.add(header(line));
    }
    return new MessageHead(lines[0], headers);
  }

  private static Header header(String line) {
    int colon = line.indexOf(':');
    if (colon < 1) {
      throw new IllegalArgumentException("a header without a name");
    }
    String name = line.substring(0, colon);
    String value = line.substring(colon + 1);
    if (!NAME.matcher(name).matches() || !VALUE.matcher(value).matches()) {
      throw new IllegalArgumentException("a header with characters that do not belong there");
    }
    return new Header(name, value.strip());
  }

  /** All values of a name. */
  public List<String> all(String name) {
    return headers.stream().filter(header -> header.is(name)).map(Header::value).toList();
  }

  /** The value of a name that may be there once. */
  public Optional<String> one(String name) {
    List<String> values = all(name);
    if (values.size() > 1) {
      throw new IllegalArgumentException("more than one " + name);
    }
    return values.stream().findFirst();
  }

  /**
   * How long the body is, or -1 when it comes in chunks, or -2 when nothing says so.
   *
   * @throws IllegalArgumentException when it says two things
   */
  public long bodyLength() {
    Optional<String> coding = one("transfer-encoding");
    Optional<String> length = one("content-length");
    if (coding.isPresent()) {
      if (length.isPresent() || !coding.get().equalsIgnoreCase("chunked")) {
        throw new IllegalArgumentException("the length of the body is said in two ways");
      }
      return -1;
    }
    if (length.isPresent() && !DIGITS.matcher(length.get()).matches()) {
      throw new IllegalArgumentException("content-length is no number");
    }
    return length.map(Long::parseLong).orElse(-2L);
  }

  /** The headers that are not for one connection only. */
  public List<Header> endToEnd() {
    Set<String> named =
        all("connection").stream()
            .flatMap(value -> Arrays.stream(value.split(",")))
            .map(name -> name.strip().toLowerCase(Locale.ROOT))
            .collect(Collectors.toSet());
    return headers.stream()
        .filter(header -> !HOP.contains(header.name().toLowerCase(Locale.ROOT)))
        .filter(header ->
            !named.contains(header.name().toLowerCase(Locale.ROOT))
                || header.is("content-length")
                || header.is("transfer-encoding")
                || header.is("host"))
        .toList();
  }

  /** As it is sent. */
  public static byte[] bytes(String first, List<Header> headers) {
    StringBuilder text = new StringBuilder(first).append("\r\n");
    headers.forEach(
        header -> text.append(header.name()).append(": ").append(header.value()).append("\r\n"));
    return text.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1);
  }
}
