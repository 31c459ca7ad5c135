package dev.dunes.cli;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import tools.jackson.databind.JsonNode;

/** A server of the agent API, asked over HTTP. */
final class ApiClient implements AutoCloseable {
  private static final Duration CONNECT = Duration.ofSeconds(10);

  private final URI base;
  private final Optional<String> token;
  private final HttpClient client;

  private ApiClient(URI base, Optional<String> token) {
    this.base = base;
    this.token = token;
    this.client =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .executor(task -> Thread.ofVirtual().name("api-client").start(task))
            .connectTimeout(CONNECT)
            .build();
  }

  /**
   * The server at a URL.
   *
   * @param token sent as a bearer token
   */
  static ApiClient at(String url, Optional<String> token) {
    try {
      URI uri = new URI(url.endsWith("/") ? url : url + "/");
      boolean http = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
      if (http && uri.getHost() != null) {
        return new ApiClient(uri, token);
      }
    } catch (URISyntaxException e) {
      // said below
    }
    throw Failure.usage(
        "--endpoint: '%s' cannot be used; use a URL such as %s".formatted(url, ApiTarget.HERE), "");
  }

  /** One segment of a path that means this text. */
  static String segment(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  /**
   * Asks and waits for the head of the answer.
   *
   * @param path below the server's own, such as {@code v1/health}
   * @param body JSON; empty for none
   * @param accept the media type that is wanted
   */
  HttpResponse<InputStream> send(
      String method, String path, Optional<JsonNode> body, String accept) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(base.resolve(path)).header("accept", accept);
    token.ifPresent(value -> request.header("authorization", "Bearer " + value));
    body.ifPresent(json -> request.header("content-type", "application/json"));
    request.method(
        method,
        body.map(json -> BodyPublishers.ofString(json.toString()))
            .orElseGet(BodyPublishers::noBody));
    try {
      return client.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Failure(ExitCodes.INTERRUPTED, "Interrupted.", "");
    } catch (IOException e) {
      String why = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
      throw new Failure(
          ExitCodes.ERROR,
          "cannot reach %s: %s".formatted(base, why),
          "`ds server` starts a server; --endpoint says where it is");
    }
  }

  /**
   * Whether a server is there and refuses who shows no key; false also when there is none.
   *
   * @param path below the server's own
   */
  boolean refusesWithoutKey(String path) {
    HttpRequest request = HttpRequest.newBuilder(base.resolve(path)).timeout(CONNECT).build();
    try {
      return client.send(request, HttpResponse.BodyHandlers.discarding()).statusCode() == 401;
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Failure(ExitCodes.INTERRUPTED, "Interrupted.", "");
    }
  }

  /**
   * Opens a WebSocket; empty when the server refuses.
   *
   * @param path below the server's own
   */
  Optional<WebSocket> webSocket(String path, WebSocket.Listener listener)
      throws IOException, InterruptedException {
    String url = base.resolve(path).toString().replaceFirst("^http", "ws");
    WebSocket.Builder request = client.newWebSocketBuilder().connectTimeout(CONNECT);
    token.ifPresent(value -> request.header("authorization", "Bearer " + value));
    try {
      return Optional.of(request.buildAsync(URI.create(url), listener).get());
    } catch (ExecutionException e) {
      if (e.getCause() instanceof WebSocketHandshakeException) {
        return Optional.empty();
      }
      throw new IOException("cannot reach " + base, e);
    }
  }

  @Override
  public void close() {
    client.shutdownNow();
  }
}
