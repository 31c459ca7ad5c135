package dev.dunes.server.ui;

import dev.dunes.server.http.Exchange;
import dev.dunes.server.http.Reply;
import dev.dunes.server.http.Route;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The inspector under {@code /ui}. It holds nothing that is secret, so everybody may load it; what
 * it shows it asks for with the token of whoever looks. It loads nothing from elsewhere and asks no
 * other server: its policy forbids both.
 */
public final class UiFace {
  private static final String POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
          + " base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

  private static final Map<String, String> TYPES =
      Map.of(
          "index.html", "text/html; charset=utf-8",
          "inspector.css", "text/css; charset=utf-8",
          "inspector.js", "text/javascript; charset=utf-8");

  /** What this face answers. */
  public List<Route> routes() {
    return List.of(
        Route.open("GET", "/ui", exchange -> exchange.send(file("index.html"))),
        Route.open("GET", "/ui/{path...}", UiFace::asset));
  }

  private static void asset(Exchange exchange) throws InterruptedException {
    String path = exchange.parameter("path");
    if (TYPES.containsKey(path)) {
      exchange.send(file(path));
    } else if (path.substring(path.lastIndexOf('/') + 1).contains(".")) {
      exchange.send(Reply.text(404, "text/plain; charset=utf-8", "There is no such file.\n"));
    } else {
      exchange.send(file("index.html")); // a place within the page
    }
  }

  private static Reply file(String name) {
    try (InputStream in = UiFace.class.getResourceAsStream(name)) {
      byte[] bytes =
          Optional.ofNullable(in)
              .orElseThrow(() -> new IllegalStateException(name + " was not packed"))
              .readAllBytes();
      return Reply.of(200, TYPES.getOrDefault(name, "application/octet-stream"), bytes)
          .with("content-security-policy", POLICY)
          .with("x-content-type-options", "nosniff")
          .with("referrer-policy", "no-referrer")
          .with("cache-control", "no-cache");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
