package dev.dunes.server.http;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What is answered at a path.
 *
 * @param method such as {@code GET}
 * @param pattern with {@code {name}} for one segment, {@code {name...}} for all that follow
 * @param access who may ask
 * @param handler answers
 */
public record Route(String method, String pattern, Access access, Handler handler) {
  /** Who may ask. */
  public enum Access {
    /** Everybody. */
    OPEN,
    /** Who shows a key in a header. */
    KEY,
    /**
     * Who shows a key in a header or as {@code access_token} in the query: browsers cannot set
     * headers everywhere.
     */
    KEY_IN_QUERY
  }

  /** Answers requests; may block: each is called on a virtual thread of its own. */
  @FunctionalInterface
  public interface Handler {
    /** Answers with a reply, or through the exchange itself. */
    void handle(Exchange exchange) throws InterruptedException;
  }

  /** One for which a key is asked, if there is one. */
  public static Route of(String method, String pattern, Handler handler) {
    return new Route(method, pattern, Access.KEY, handler);
  }

  /** One that everybody may use. */
  public static Route open(String method, String pattern, Handler handler) {
    return new Route(method, pattern, Access.OPEN, handler);
  }

  /** One that streams to browsers: the key may be in the query. */
  public static Route stream(String method, String pattern, Handler handler) {
    return new Route(method, pattern, Access.KEY_IN_QUERY, handler);
  }

  /** The parameters of a path, in which percent signs are decoded; empty when it does not match. */
  Optional<Map<String, String>> match(String[] path) {
    String[] parts = pattern.substring(1).split("/", -1);
    Map<String, String> found = new HashMap<>();
    for (int i = 0; i < parts.length; i++) {
      String part = parts[i];
      if (part.endsWith("...}")) {
        if (i >= path.length) {
          return Optional.empty();
        }
        String rest = String.join("/", java.util.Arrays.copyOfRange(path, i, path.length));
        found.put(part.substring(1, part.length() - 4), rest);
        return Optional.of(found);
      }
      if (i >= path.length) {
        return Optional.empty();
      }
      if (part.startsWith("{")) {
        if (path[i].isEmpty()) {
          return Optional.empty();
        }
        found.put(part.substring(1, part.length() - 1), path[i]);
      } else if (!part.equals(path[i])) {
        return Optional.empty();
      }
    }
    return parts.length == path.length ? Optional.of(found) : Optional.empty();
  }
}
