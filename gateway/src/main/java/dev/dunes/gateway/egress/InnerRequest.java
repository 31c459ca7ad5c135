package dev.dunes.gateway.egress;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A request within a tunnel that is opened, as the host gets it.
 *
 * @param head as it is sent
 * @param bodyLength as {@link MessageHead#bodyLength()}
 * @param expectsContinue whether the client waits for 100 before its body
 * @param bodyless whether an answer has no body, whatever it says of its length
 * @param upgrade whether it asks for another protocol
 * @param last whether the client wants the connection to end with it
 */
public record InnerRequest(
    byte[] head,
    long bodyLength,
    boolean expectsContinue,
    boolean bodyless,
    boolean upgrade,
    boolean last) {
  /** It is for another host than the tunnel leads to. RFC 9110, 15.5.20. */
  public static final class MisdirectedException extends Exception {
    private static final long serialVersionUID = 1L;

    MisdirectedException(String message) {
      super(message);
    }
  }

  private static final int HTTPS = 443;
  private static final Pattern LINE =
      Pattern.compile("([!#$%&'*+.^_`|~0-9A-Za-z-]{1,40}) (/[^ ]*|\\*) HTTP/1\\.([01])");

  /**
   * @param set the headers it gets, in place of its own
   * @throws IllegalArgumentException when it could be misread
   * @throws MisdirectedException when it names another host
   */
  public static InnerRequest of(MessageHead head, Target target, Map<String, String> set)
      throws MisdirectedException {
    Matcher line = LINE.matcher(head.first());
    if (!line.matches()) {
      throw new IllegalArgumentException("the first line is no request");
    }
    long length = head.bodyLength();
    checkHost(head, target);
    Optional<String> protocol = head.one("upgrade").filter(any -> says(head, "upgrade"));
    boolean last = says(head, "close") || line.group(3).equals("0");
    List<MessageHead.Header> headers = new ArrayList<>();
    headers.add(
        new MessageHead.Header(
            "Host", target.port() == HTTPS ? target.host().name() : target.toString()));
    head.endToEnd().stream()
        .filter(header -> !header.is("host") && set.keySet().stream().noneMatch(header::is))
        .forEach(headers::add);
    set.forEach((name, value) -> headers.add(new MessageHead.Header(name, value)));
    protocol.ifPresent(name -> headers.add(new MessageHead.Header("Upgrade", name)));
    headers.add(
        new MessageHead.Header(
            "Connection", protocol.isPresent() ? "Upgrade" : last ? "close" : "keep-alive"));
    return new InnerRequest(
        MessageHead.bytes(line.group(1) + " " + line.group(2) + " HTTP/1.1", headers),
        length,
        head.one("expect").filter("100-continue"::equalsIgnoreCase).isPresent(),
        line.group(1).equals("HEAD"),
        protocol.isPresent(),
        last);
  }

  private static void checkHost(MessageHead head, Target target) throws MisdirectedException {
    String named =
        head.one("host").orElseThrow(() -> new IllegalArgumentException("the host is missing"));
    if (!Target.parse(named, HTTPS).equals(target)) {
      throw new MisdirectedException(
          "this connection leads to %s, and the request is for another host".formatted(target));
    }
  }

  private static boolean says(MessageHead head, String option) {
    return head.all("connection").stream()
        .flatMap(value -> List.of(value.split(",")).stream())
        .anyMatch(each -> each.strip().equalsIgnoreCase(option));
  }

  /** Never shows what it sets. */
  @Override
  public String toString() {
    return "InnerRequest[]";
  }
}
