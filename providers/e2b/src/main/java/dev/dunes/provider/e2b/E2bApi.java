package dev.dunes.provider.e2b;

import dev.dunes.provider.cloud.CloudAnswer;
import dev.dunes.provider.cloud.CloudCall;
import dev.dunes.provider.cloud.CloudHttp;
import dev.dunes.provider.cloud.Secrets;
import dev.dunes.provider.cloud.VendorList;
import dev.dunes.sandbox.ErrorDetails;
import dev.dunes.sandbox.ProviderException;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** The control plane. E2B wire 2.2 and 2.3. */
final class E2bApi implements AutoCloseable {
  static final JsonMapper JSON = JsonMapper.builder().build();
  private static final int PAGE = 100;
  private static final Duration CREATE_LIMIT = Duration.ofMinutes(3);

  final E2bSettings settings;
  final Secrets secrets = new Secrets();
  final CloudHttp http;

  E2bApi(E2bSettings settings) {
    this.settings = settings;
    secrets.add(settings.key());
    this.http =
        new CloudHttp(
            E2bSandboxProviderFactory.NAME, E2bSettings.KEY_VARIABLE, secrets, E2bApi::message);
  }

  /** The vendor's words: {@code {"code", "message"}} everywhere. */
  static String message(int status, String body) {
    try {
      String message = JSON.readTree(body).path("message").asString("");
      return message.isEmpty() ? body : message;
    } catch (JacksonException e) {
      return body;
    }
  }

  private CloudCall call(String method, String path) {
    return CloudCall.of(method, URI.create(settings.api() + path))
        .header("x-api-key", settings.key())
        .header("user-agent", "dunes-java");
  }

  private CloudCall about(String method, String id, String rest) {
    return call(method, "/sandboxes/" + id + rest).about(id);
  }

  /** Made once: a second one would be paid for. */
  JsonNode create(ObjectNode body) {
    CloudCall latest = call("POST", "/v2/sandboxes").within(CREATE_LIMIT).accepting(404, 405);
    JsonNode answer;
    try (CloudAnswer first = http.open(latest.json(body))) {
      if (first.status() / 100 == 2) {
        answer = first.json();
      } else {
        // a server from before that route
        ObjectNode older = body.deepCopy().put("secure", true);
        answer = http.json(call("POST", "/sandboxes").within(CREATE_LIMIT).json(older));
      }
    } catch (IOException e) {
      throw http.broken(latest, e);
    }
    return remembered(answer);
  }

  /** Tokens of a sandbox are never shown. */
  private JsonNode remembered(JsonNode answer) {
    secrets.addPassing(answer.path("envdAccessToken").asString(""));
    secrets.addPassing(answer.path("trafficAccessToken").asString(""));
    return answer;
  }

  Optional<JsonNode> get(String id) {
    JsonNode answer = http.json(about("GET", id, "").accepting(404));
    return Optional.of(remembered(answer)).filter(shown -> shown.has("sandboxID"));
  }

  /** All that carry this metadata, running or paused. */
  List<JsonNode> list(Map<String, String> metadata) {
    String query =
        "/v2/sandboxes?state=running,paused&limit="
            + PAGE
            + (metadata.isEmpty() ? "" : "&metadata=" + encode(query(metadata)));
    return VendorList.all(http, next -> page(query, next), E2bApi::page);
  }

  private CloudCall page(String query, Optional<String> token) {
    return call("GET", query + token.map(next -> "&nextToken=" + encode(next)).orElse(""));
  }

  private static VendorList.Page page(VendorList.Came came) {
    return new VendorList.Page(
        came.json(), came.headers().firstValue("x-next-token").filter(token -> !token.isEmpty()));
  }

  /** Reads one entry at most; costs nothing. */
  void check() {
    http.status(call("GET", "/v2/sandboxes?limit=1"));
  }

  boolean kill(String id) {
    return http.status(about("DELETE", id, "").accepting(404)) != 404;
  }

  void timeout(String id, long seconds) {
    http.status(
        about("POST", id, "/timeout")
            .asRepeatable()
            .json(CloudHttp.object().put("timeout", seconds)));
  }

  /** Whether it was running: false when it was paused before. */
  boolean pause(String id) {
    return http.status(
            about("POST", id, "/pause").asRepeatable().accepting(409).json(CloudHttp.object()))
        != 409;
  }

  /** Wakes it; extends its time, never shortens it. */
  JsonNode connect(String id, long seconds) {
    ObjectNode body = CloudHttp.object().put("timeout", seconds);
    CloudCall latest =
        call("POST", "/v2/sandboxes/" + id + "/connect").about(id).asRepeatable().accepting(405);
    JsonNode answer = http.json(latest.json(body));
    if (answer.path("sandboxID").asString("").isEmpty()) {
      answer = http.json(about("POST", id, "/connect").asRepeatable().json(body));
    }
    return remembered(answer);
  }

  JsonNode fork(String id, long seconds) {
    ObjectNode body = CloudHttp.object().put("timeout", seconds).put("count", 1);
    JsonNode answer = http.json(about("POST", id, "/fork").within(CREATE_LIMIT).json(body));
    remembered(answer.path(0).path("sandbox"));
    return answer.path(0);
  }

  /**
   * @param name by which {@link #snapshots} finds it when its id does not arrive
   */
  String snapshot(String id, String name) {
    CloudCall call = about("POST", id, "/snapshots").within(CREATE_LIMIT);
    String made =
        http.json(call.json(CloudHttp.object().put("name", name))).path("snapshotID").asString("");
    if (made.isEmpty()) {
      throw new ProviderException(
          "e2b did not say which snapshot it made",
          ErrorDetails.at(E2bSandboxProviderFactory.NAME, id).withRemedy("try again"));
    }
    return made;
  }

  /** The ids of those of a sandbox that have this name. */
  List<String> snapshots(String id, String name) {
    String query = "/snapshots?sandboxID=%s&limit=%d".formatted(encode(id), PAGE);
    return VendorList.all(http, next -> page(query, next), E2bApi::page).stream()
        .filter(shown -> named(shown, name))
        .map(shown -> shown.path("snapshotID").asString(""))
        .toList();
  }

  /** As {@code NAMESPACE/NAME:TAG}, or part of it. */
  private static boolean named(JsonNode shown, String name) {
    return shown.path("snapshotID").asString("").contains(name)
        || shown.path("names").valueStream().anyMatch(each -> each.asString("").contains(name));
  }

  boolean deleteSnapshot(String id) {
    return http.status(call("DELETE", "/templates/" + encode(id)).accepting(404)) != 404;
  }

  /** Names and values are encoded once more than a query is: that is what the service decodes. */
  private static String query(Map<String, String> metadata) {
    Function<String, String> twice = text -> encode(encode(text));
    return metadata.entrySet().stream()
        .map(each -> twice.apply(each.getKey()) + "=" + twice.apply(each.getValue()))
        .collect(Collectors.joining("&"));
  }

  static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  @Override
  public void close() {
    http.close();
  }
}
