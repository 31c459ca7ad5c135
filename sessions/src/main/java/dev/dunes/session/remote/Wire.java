package dev.dunes.session.remote;

import dev.dunes.session.SessionException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Requests of the agent API, and what comes back. Safe for use by several threads. */
final class Wire implements AutoCloseable {
  static final String JSON = "application/json";
  static final String EVENTS = "text/event-stream";

  private static final Duration CONNECT = Duration.ofSeconds(10);

  /** A page of events or a transcript; nothing else is long. */
  private static final int LONGEST = 256 << 20;

  private final URI base;
  private final Optional<String> token;
  private final HttpClient client;

  /**
   * @param base with a slash at its end
   * @param token sent as a bearer token
   */
  Wire(URI base, Optional<String> token) {
    this.base = base;
    this.token = token;
    this.client =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(CONNECT)
            .build();
  }

  static ObjectNode object() {
    return JsonMapper.shared().createObjectNode();
  }

  /** {@code v1} and segments, each of them encoded. */
  static String path(String... segments) {
    StringBuilder path = new StringBuilder("v1");
    for (String segment : segments) {
      path.append('/').append(encoded(segment));
    }
    return path.toString();
  }

  static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  /** GET of JSON. */
  JsonNode get(String path) {
    return json(call("GET", path, BodyPublishers.noBody(), Map.of("accept", JSON)));
  }

  /** A call whose answer says nothing. */
  void send(String method, String path) {
    call(method, path, BodyPublishers.noBody(), Map.of("accept", JSON));
  }

  /** A call with a body of JSON; the answer's bytes. */
  byte[] send(String method, String path, JsonNode body, String... headers) {
    Map<String, String> all =
        headers.length == 0
            ? Map.of("accept", JSON, "content-type", JSON)
            : Map.of("accept", JSON, "content-type", JSON, headers[0], headers[1]);
    return call(method, path, body(body), all);
  }

  /** The text of an answer. */
  String text(String path) {
    return new String(
        call("GET", path, BodyPublishers.noBody(), Map.of("accept", "*/*")),
        StandardCharsets.UTF_8);
  }

  JsonNode json(byte[] bytes) {
    try {
      return JsonMapper.shared().readTree(bytes);
    } catch (JacksonException e) {
      throw broken("%s answered something that is not JSON".formatted(base), e);
    }
  }

  static BodyPublisher body(JsonNode json) {
    return BodyPublishers.ofString(json.toString());
  }

  private byte[] call(String method, String path, BodyPublisher body, Map<String, String> headers) {
    HttpResponse<InputStream> response = open(method, path, body, headers);
    try (InputStream answer = response.body()) {
      return whole(answer);
    } catch (IOException e) {
      throw lost(e);
    }
  }

  /**
   * The head of a good answer; the body is the caller's to close.
   *
   * @throws SessionException what the server says is wrong, or that there is none
   */
  HttpResponse<InputStream> open(
      String method, String path, BodyPublisher body, Map<String, String> headers) {
    HttpResponse<InputStream> response;
    try {
      response = ask(method, path, body, headers);
    } catch (IOException e) {
      throw lost(e);
    }
    if (response.statusCode() / 100 != 2) {
      throw refusal(response);
    }
    return response;
  }

  /** The head of any answer. */
  HttpResponse<InputStream> ask(
      String method, String path, BodyPublisher body, Map<String, String> headers)
      throws IOException {
    HttpRequest.Builder request = HttpRequest.newBuilder(base.resolve(path)).method(method, body);
    headers.forEach(request::header);
    token.ifPresent(value -> request.header("authorization", "Bearer " + value));
    try {
      return client.send(request.build(), BodyHandlers.ofInputStream());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new SessionException("stream_error", "stream error: interrupted", Map.of(), null, e);
    }
  }

  /** What a problem object says. Agent API, sheet 2.4. */
  SessionException refusal(HttpResponse<InputStream> response) {
    byte[] bytes;
    try (InputStream answer = response.body()) {
      bytes = whole(answer);
    } catch (IOException e) {
      return lost(e);
    }
    return Problems.read(response.statusCode(), bytes, base);
  }

  SessionException lost(IOException e) {
    String why = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    return broken("cannot reach %s: %s".formatted(base, why), e);
  }

  static SessionException broken(String what, @Nullable Throwable cause) {
    return new SessionException(
        "stream_error",
        "stream error: " + what,
        Map.of("details", Map.of("message", what)),
        "is the server running, and is this its address?",
        cause);
  }

  private static byte[] whole(InputStream answer) throws IOException {
    byte[] bytes = answer.readNBytes(LONGEST + 1);
    if (bytes.length > LONGEST) {
      throw new IOException("an answer of more than 256 MiB");
    }
    return bytes;
  }

  @Override
  public void close() {
    client.shutdownNow();
  }
}
