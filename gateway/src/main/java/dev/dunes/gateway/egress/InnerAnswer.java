package dev.dunes.gateway.egress;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The answer to a request within a tunnel that is opened, as the sandbox gets it.
 *
 * @param head as it is sent
 * @param bodyLength as {@link MessageHead#bodyLength()}, 0 when there is no body, -2 for all that
 *     comes until the end
 * @param interim whether another one follows
 * @param switched whether another protocol begins now
 * @param last whether the connection ends with it
 */
public record InnerAnswer(
    byte[] head, long bodyLength, boolean interim, boolean switched, boolean last) {
  private static final Pattern LINE = Pattern.compile("HTTP/1\\.([01]) ([1-5]\\d\\d)( .*)?");

  /**
   * @throws IllegalArgumentException when it could be misread
   */
  public static InnerAnswer of(MessageHead head, InnerRequest request) {
    Matcher line = LINE.matcher(head.first());
    if (!line.matches()) {
      throw new IllegalArgumentException("the first line is no answer");
    }
    int status = Integer.parseInt(line.group(2));
    long declared = head.bodyLength();
    boolean switched = status == 101 && request.upgrade();
    boolean interim = status < 200 && !switched;
    boolean without = status < 200 || status == 204 || status == 304 || request.bodyless();
    long length = without ? 0 : declared;
    boolean last =
        length == -2
            || request.last()
            || line.group(1).equals("0")
            || head.all("connection").stream().anyMatch(each -> each.equalsIgnoreCase("close"));
    List<MessageHead.Header> headers = new ArrayList<>(head.endToEnd());
    if (switched) {
      Optional<String> protocol = head.one("upgrade");
      protocol.ifPresent(name -> headers.add(new MessageHead.Header("Upgrade", name)));
    }
    headers.add(
        new MessageHead.Header("Connection", switched ? "Upgrade" : last ? "close" : "keep-alive"));
    String words = line.group(3) == null ? " " : line.group(3);
    return new InnerAnswer(
        MessageHead.bytes("HTTP/1.1 " + line.group(2) + words, headers),
        length,
        interim,
        switched,
        last);
  }
}
