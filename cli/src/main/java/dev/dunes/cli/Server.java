package dev.dunes.cli;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A server of Dunes, asked over HTTP. */
final class Server implements AutoCloseable {
  private static final Duration CONNECT = Duration.ofSeconds(10);
  private static final Duration ANSWER = Duration.ofSeconds(30);
  private static final int LONGEST_ERROR = 64 << 10;

  private final URI base;
  private final Optional<String> key;
  private final HttpClient client;

  private Server(URI base, Optional<String> key) {
    this.base = base;
    this.key = key;
    this.client =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(CONNECT)
            .build();
  }

  /**
   * The server at a URL.
   *
   * @param key sent as a bearer token
   */
  static Server at(String url, Optional<String> key) {
    try {
      URI uri = new URI(url.endsWith("/") ? url : url + "/");
      boolean http = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
      if (http && uri.getHost() != null) {
        return new Server(uri, key);
      }
    } catch (URISyntaxException e) {
      // said below
    }
    throw Failure.usage(
        "--server: '%s' cannot be used; use a URL such as http://localhost:8000".formatted(url),
        "");
  }

  /** Starts a run and listens to it. */
  RunEvents start(Question question) {
    byte[] body = QuestionBody.of(question).toString().getBytes(StandardCharsets.UTF_8);
    HttpResponse<InputStream> response =
        send(
            request("query")
                .header("content-type", "application/json")
                .header("accept", "text/event-stream")
                .POST(HttpRequest.BodyPublishers.ofByteArray(body))
                .build());
    if (response.statusCode() != 200) {
      throw new Failure(ExitCodes.ERROR, reason(response), "");
    }
    return new RemoteRun(this, response);
  }

  /** Asks for an end of a run; why not, if so. */
  Optional<String> cancel(String id) {
    HttpResponse<InputStream> response =
        send(
            request("runs/" + encoded(id) + "/cancel")
                .timeout(ANSWER)
                .POST(HttpRequest.BodyPublishers.noBody())
                .build());
    return response.statusCode() == 200 ? Optional.empty() : Optional.of(reason(response));
  }

  /** A file that a run made. */
  InputStream file(String runId, String relativePath) throws IOException {
    StringBuilder path = new StringBuilder("runs/").append(encoded(runId)).append("/files");
    for (String segment : relativePath.split("/", -1)) {
      path.append('/').append(encoded(segment));
    }
    HttpResponse<InputStream> response =
        send(request(path.toString()).timeout(ANSWER).GET().build());
    if (response.statusCode() != 200) {
      throw new IOException(reason(response));
    }
    return response.body();
  }

  private static String encoded(String segment) {
    return java.net.URLEncoder.encode(segment, StandardCharsets.UTF_8).replace("+", "%20");
  }

  private HttpRequest.Builder request(String path) {
    HttpRequest.Builder request = HttpRequest.newBuilder(base.resolve(path));
    key.ifPresent(value -> request.header("authorization", "Bearer " + value));
    return request;
  }

  private HttpResponse<InputStream> send(HttpRequest request) {
    try {
      return client.send(request, HttpResponse.BodyHandlers.ofInputStream());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Failure(ExitCodes.INTERRUPTED, "Interrupted.", "");
    } catch (IOException e) {
      String why = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
      throw new Failure(
          ExitCodes.ERROR,
          "cannot reach %s: %s".formatted(base, why),
          "`ds serve` starts a server; --server says where it is");
    }
  }

  /** What the server says is wrong, in one line. */
  private static String reason(HttpResponse<InputStream> response) {
    String text = text(response);
    return message(text)
        .map(said -> response.statusCode() == 401 ? said + " (--api-key)" : said)
        .orElseGet(() -> "HTTP %d %s".formatted(response.statusCode(), text).strip());
  }

  private static String text(HttpResponse<InputStream> response) {
    try (InputStream body = response.body()) {
      return new String(body.readNBytes(LONGEST_ERROR), StandardCharsets.UTF_8).strip();
    } catch (IOException e) {
      return ""; // then its status has to do
    }
  }

  private static Optional<String> message(String text) {
    try {
      JsonNode answer = JsonMapper.shared().readTree(text);
      JsonNode detail = answer.has("detail") ? answer.path("detail") : answer.path("error");
      if (detail.isString()) {
        return Optional.of(detail.asString());
      }
      if (detail.path(0).has("msg")) {
        JsonNode first = detail.path(0);
        String field = first.path("loc").path(1).asString("");
        String said = first.path("msg").asString("").replaceFirst("^Value error, ", "");
        return Optional.of(field.isEmpty() ? said : field + ": " + said);
      }
    } catch (JacksonException e) {
      // not an answer of a server of Dunes: shown as it is
    }
    return Optional.empty();
  }

  @Override
  public void close() {
    client.shutdownNow();
  }
}
