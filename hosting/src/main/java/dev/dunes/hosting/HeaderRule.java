package dev.dunes.hosting;

import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Headers that requests of a sandbox to a host get on their way out, in place of its own. They may
 * have {@code ${e2b.secrets.NAME}} in them. E2B wire 2.3.
 *
 * @param host a name, or {@code *.name} for all below one; at most 128 characters
 * @param headers at most 20, names of 64 characters, values of 2048
 */
public record HeaderRule(String host, Map<String, String> headers) {
  private static final int LONGEST_HOST = 128;
  private static final int MOST = 20;
  private static final int LONGEST_NAME = 64;
  private static final int LONGEST_VALUE = 2048;
  private static final Pattern HOST = Pattern.compile("(\\*\\.)?[a-z0-9_-]+(\\.[a-z0-9_-]+)*");
  private static final Pattern NAME = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+");
  private static final Pattern VALUE = Pattern.compile("[\\t\\x20-\\x7e]*");

  /** What a message needs as it is; RFC 9110, 7.6.1. */
  private static final Set<String> OF_THE_MESSAGE =
      Set.of(
          "host",
          "connection",
          "content-length",
          "expect",
          "keep-alive",
          "proxy-authorization",
          "proxy-connection",
          "te",
          "trailer",
          "transfer-encoding",
          "upgrade");

  /**
   * @throws HostingException for what cannot be set
   */
  public HeaderRule {
    host = host.toLowerCase(Locale.ROOT);
    headers = Map.copyOf(headers);
    if (host.length() > LONGEST_HOST || !HOST.matcher(host).matches()) {
      throw HostingException.invalid(
          "rules: a domain is a name or *.name of at most %d characters".formatted(LONGEST_HOST));
    }
    if (headers.size() > MOST) {
      throw HostingException.invalid("rules.%s: at most %d headers".formatted(host, MOST));
    }
    for (Map.Entry<String, String> header : headers.entrySet()) {
      check(host, header.getKey(), header.getValue());
    }
  }

  private static void check(String host, String name, String value) {
    if (name.length() > LONGEST_NAME || !NAME.matcher(name).matches()) {
      throw HostingException.invalid(
          "rules.%s: a header has a name of at most %d characters".formatted(host, LONGEST_NAME));
    }
    String field = "rules.%s: header %s".formatted(host, name);
    if (OF_THE_MESSAGE.contains(name.toLowerCase(Locale.ROOT))) {
      throw HostingException.invalid(field + " cannot be set: it is part of the message itself");
    }
    if (value.length() > LONGEST_VALUE || !VALUE.matcher(value).matches()) {
      throw HostingException.invalid(
          "%s: a value has at most %d printable characters of ASCII"
              .formatted(field, LONGEST_VALUE));
    }
    Secrets.checkPlaceholders(field, value);
  }

  /** Values may be secret. */
  @Override
  public String toString() {
    return "HeaderRule[%s, %s]".formatted(host, headers.keySet());
  }
}
