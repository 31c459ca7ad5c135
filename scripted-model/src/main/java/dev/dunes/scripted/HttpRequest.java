package dev.dunes.scripted;

import java.util.List;
import java.util.Locale;
import java.util.Map;

/** A request as it came, its body decoded. Header names are in lower case. */
record HttpRequest(
    String method, String target, boolean http10, Map<String, List<String>> headers, byte[] body) {
  /** The target without its query. */
  String path() {
    int query = target.indexOf('?');
    return query < 0 ? target : target.substring(0, query);
  }

  String header(String name) {
    return String.join(", ", headers.getOrDefault(name, List.of()));
  }

  boolean closes() {
    String connection = header("connection").toLowerCase(Locale.ROOT);
    return http10 ? !connection.contains("keep-alive") : connection.contains("close");
  }
}
