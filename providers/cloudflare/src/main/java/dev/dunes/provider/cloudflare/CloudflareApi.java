package dev.dunes.provider.cloudflare;

import dev.dunes.provider.cloud.CloudAnswer;
import dev.dunes.provider.cloud.CloudCall;
import dev.dunes.provider.cloud.CloudHttp;
import dev.dunes.provider.cloud.Secrets;
import java.net.URI;
import java.net.http.HttpRequest.BodyPublishers;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The bridge. Every call about a sandbox but its deletion starts a container when it has none, so
 * none is made to look whether there is one. Cloud providers 2.3.
 */
final class CloudflareApi implements AutoCloseable {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  /** A container that has to be started first takes its time. */
  private static final Duration START_LIMIT = Duration.ofMinutes(3);

  private final URI base;
  private final String authorization;
  final Secrets secrets = new Secrets();
  final CloudHttp http;

  CloudflareApi(CloudflareSettings settings) {
    this.base = settings.base();
    this.authorization = "Bearer " + settings.token();
    secrets.add(settings.token());
    this.http =
        new CloudHttp(
            CloudflareSandboxProviderFactory.NAME,
            CloudflareSettings.TOKEN_VARIABLE,
            secrets,
            CloudflareApi::message);
  }

  /** {@code {"error": …, "code": …}}. */
  static String message(int status, String body) {
    try {
      JsonNode answer = JSON.readTree(body);
      String error = answer.path("error").asString("");
      String code = answer.path("code").asString("");
      if (error.isEmpty()) {
        return body;
      }
      return code.isEmpty() ? error : "%s (%s)".formatted(error, code);
    } catch (JacksonException e) {
      return body;
    }
  }

  private CloudCall call(String method, String path) {
    return CloudCall.of(method, URI.create(base + path)).header("Authorization", authorization);
  }

  private CloudCall about(String method, String id, String rest) {
    return call(method, "/v1/sandbox/" + id + rest).about(id);
  }

  /**
   * Runs a program and follows it.
   *
   * @param limit after which the bridge kills it
   * @param repeatable whether running it twice does no harm
   */
  ExecEvents exec(String id, List<String> argv, Optional<Duration> limit, boolean repeatable) {
    ObjectNode body = CloudHttp.object();
    ArrayNode words = body.putArray("argv");
    argv.forEach(words::add);
    limit.ifPresent(most -> body.put("timeout_ms", most.toMillis()));
    CloudCall call =
        about("POST", id, "/exec")
            .within(START_LIMIT)
            .header("accept", "text/event-stream")
            .json(body);
    CloudAnswer answer = http.open(repeatable ? call.asRepeatable() : call);
    return new ExecEvents(answer.stream());
  }

  /**
   * Writes a whole file.
   *
   * @param path absolute, below /workspace, of letters, digits, dots, hyphens and slashes
   */
  void put(String id, String path, List<byte[]> contents) {
    http.status(
        about("PUT", id, "/file" + path)
            .within(START_LIMIT)
            .header("content-type", "application/octet-stream")
            .body(() -> BodyPublishers.ofByteArrays(contents)));
  }

  /**
   * Ends a sandbox; does nothing when there is none, and starts none. The bridge says 204 also when
   * it could neither end the container nor note that it has ended. As long as it still knows of
   * one, asking once more ends it; what it does not know of any more nobody can ask about: every
   * other call would start a fresh container.
   */
  void delete(String id) {
    http.status(about("DELETE", id, "").accepting(404));
    http.status(about("DELETE", id, "").accepting(404));
  }

  /** Whether it is there and takes the token; starts no container. */
  void check() {
    http.status(call("GET", "/health"));
    http.status(call("GET", "/v1/pool/stats").accepting(404));
  }

  @Override
  public void close() {
    http.close();
  }
}
