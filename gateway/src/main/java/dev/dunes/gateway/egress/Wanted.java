package dev.dunes.gateway.egress;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a request asks a proxy for.
 *
 * @param target where to
 * @param request to send there, its first line and headers; empty for a tunnel
 */
public record Wanted(Target target, Optional<Forwarded> request) {
  /**
   * A request as the target gets it.
   *
   * @param head as it is sent
   * @param bodyLength as {@link MessageHead#bodyLength()}
   * @param expectsContinue whether the client waits for 100 before its body
   */
  public record Forwarded(byte[] head, long bodyLength, boolean expectsContinue) {}

  private static final int HTTP = 80;
  private static final Pattern LINE =
      Pattern.compile("([!#$%&'*+.^_`|~0-9A-Za-z-]{1,40}) ([^ ]+) HTTP/1\\.[01]");
  private static final Pattern ABSOLUTE = Pattern.compile("(?i:http)://([^/?#]+)([/?][^#]*)?");

  /**
   * @throws IllegalArgumentException when a proxy cannot do that, or it could be misread
   */
  public static Wanted of(MessageHead head) {
    Matcher line = LINE.matcher(head.first());
    if (!line.matches()) {
      throw new IllegalArgumentException("the first line is no request");
    }
    String method = line.group(1);
    String where = line.group(2);
    if (method.equals("CONNECT")) {
      if (head.bodyLength() != -2 && head.bodyLength() != 0) {
        throw new IllegalArgumentException("CONNECT has no body");
      }
      return new Wanted(Target.parse(where, 0), Optional.empty());
    }
    Matcher absolute = ABSOLUTE.matcher(where);
    if (!absolute.matches()) {
      throw new IllegalArgumentException(
          "this is a proxy: it takes CONNECT host:port, and http:// addresses");
    }
    Target target = Target.parse(absolute.group(1), HTTP);
    String path = absolute.group(2) == null ? "/" : absolute.group(2);
    return new Wanted(
        target,
        Optional.of(forwarded(head, method, target, path.startsWith("?") ? "/" + path : path)));
  }

  private static Forwarded forwarded(MessageHead head, String method, Target target, String path) {
    long length = head.bodyLength();
    head.one("host"); // two would be one too many
    List<MessageHead.Header> headers = new ArrayList<>();
    headers.add(
        new MessageHead.Header(
            "Host", target.port() == HTTP ? target.host().name() : target.toString()));
    head.endToEnd().stream().filter(header -> !header.is("host")).forEach(headers::add);
    headers.add(new MessageHead.Header("Connection", "close"));
    boolean expects = head.one("expect").filter("100-continue"::equalsIgnoreCase).isPresent();
    return new Forwarded(
        MessageHead.bytes(method + " " + path + " HTTP/1.1", headers), length, expects);
  }
}
