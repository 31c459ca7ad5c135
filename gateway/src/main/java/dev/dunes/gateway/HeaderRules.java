package dev.dunes.gateway;

import io.vertx.core.MultiMap;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Which headers and parameters pass, and where the token of a run may stand. */
final class HeaderRules {
  /** For one connection only (RFC 9110, 7.6.1), and what is written anew. */
  private static final Set<String> HOP =
      Set.of(
          "connection",
          "keep-alive",
          "proxy-connection",
          "proxy-authenticate",
          "te",
          "trailer",
          "transfer-encoding",
          "upgrade",
          "http2-settings");

  /** What shows who asks, or on whose account. */
  private static final Set<String> CREDENTIALS =
      Set.of(
          "authorization",
          "proxy-authorization",
          "x-api-key",
          "api-key",
          "x-goog-api-key",
          "x-goog-user-project",
          "x-goog-iam-authorization-token",
          "openai-organization",
          "openai-project",
          "cookie",
          "forwarded",
          "via",
          "x-real-ip");

  private static final Set<String> CREDENTIAL_PARAMETERS =
      Set.of("key", "api_key", "apikey", "access_token", "token", "oauth_token");

  private HeaderRules() {}

  /** Those of a request that may go on to a provider. */
  static MultiMap toProvider(MultiMap headers) {
    Set<String> named = namedByConnection(headers);
    MultiMap passed = MultiMap.caseInsensitiveMultiMap();
    for (Map.Entry<String, String> header : headers) {
      String name = header.getKey().toLowerCase(Locale.ROOT);
      boolean stays =
          HOP.contains(name)
              || CREDENTIALS.contains(name)
              || named.contains(name)
              || name.startsWith("x-amz-")
              || name.startsWith("x-forwarded-")
              || name.equals("host")
              || name.equals("content-length")
              || name.equals("expect")
              || name.equals("accept-encoding");
      if (!stays) {
        passed.add(header.getKey(), header.getValue());
      }
    }
    // What is compressed cannot be counted.
    return passed.set("accept-encoding", "identity");
  }

  /** Those of an answer that may go on to the sandbox. */
  static void toSandbox(MultiMap headers, MultiMap answer) {
    Set<String> named = namedByConnection(headers);
    for (Map.Entry<String, String> header : headers) {
      String name = header.getKey().toLowerCase(Locale.ROOT);
      if (!HOP.contains(name)
          && !named.contains(name)
          && !name.startsWith("set-cookie")
          && !name.equals("alt-svc")) {
        answer.add(header.getKey(), header.getValue());
      }
    }
  }

  private static Set<String> namedByConnection(MultiMap headers) {
    if (!headers.contains("connection")) {
      return Set.of();
    }
    return headers.getAll("connection").stream()
        .flatMap(value -> Arrays.stream(value.split(",")))
        .map(name -> name.strip().toLowerCase(Locale.ROOT))
        .collect(Collectors.toSet());
  }

  /** The token that is shown, or empty. */
  static String token(MultiMap headers) {
    String bearer = bearer(headers.get("authorization"));
    if (!bearer.isEmpty()) {
      return bearer;
    }
    for (String name : new String[] {"x-api-key", "x-goog-api-key"}) {
      String value = headers.get(name);
      if (value != null && !value.isBlank()) {
        return value.strip();
      }
    }
    return "";
  }

  private static String bearer(@Nullable String header) {
    String scheme = "bearer ";
    return header != null && header.regionMatches(true, 0, scheme, 0, scheme.length())
        ? header.substring(scheme.length()).strip()
        : "";
  }

  /** A query without parameters that show who asks. */
  static String query(String query) {
    return Arrays.stream(query.split("&"))
        .filter(each -> !each.isEmpty() && !showsWhoAsks(each))
        .collect(Collectors.joining("&"));
  }

  private static boolean showsWhoAsks(String parameter) {
    String name =
        parameter.substring(
            0, parameter.contains("=") ? parameter.indexOf('=') : parameter.length());
    try {
      String plain = URLDecoder.decode(name, StandardCharsets.UTF_8).toLowerCase(Locale.ROOT);
      return CREDENTIAL_PARAMETERS.contains(plain);
    } catch (IllegalArgumentException e) {
      return true; // nobody can say what it is
    }
  }
}
