package dev.dunes.provider.sprites;

import dev.dunes.provider.cloud.CloudCall;
import dev.dunes.provider.cloud.CloudHttp;
import dev.dunes.provider.cloud.Secrets;
import dev.dunes.provider.cloud.VendorList;
import dev.dunes.sandbox.ErrorDetails;
import dev.dunes.sandbox.ProviderException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** What Sprites is asked by HTTP. Cloud providers 2.5. */
final class SpritesApi implements AutoCloseable {
  static final JsonMapper JSON = JsonMapper.builder().build();

  private static final int PAGE = 100;

  /** Its own client waits as long. */
  private static final Duration CREATE_LIMIT = Duration.ofMinutes(2);

  private static final long LONGEST_WAIT_SECONDS = Duration.ofDays(1).toSeconds();

  final SpritesSettings settings;
  final Secrets secrets = new Secrets();
  final CloudHttp http;

  SpritesApi(SpritesSettings settings) {
    this.settings = settings;
    secrets.add(settings.token());
    this.http =
        new CloudHttp(
            SpritesSandboxProviderFactory.NAME,
            SpritesSettings.TOKEN_VARIABLE,
            secrets,
            (status, body) -> message(body),
            SpritesApi::wait);
  }

  /** {@code {error, message}}; files have their words in {@code error}. */
  private static String message(String body) {
    JsonNode json = parse(body);
    String error = json.path("error").asString("");
    String message = json.path("message").asString("");
    if (error.isEmpty() && message.isEmpty()) {
      return body;
    }
    return error.isEmpty() || message.isEmpty() ? error + message : error + ": " + message;
  }

  private static Optional<Duration> wait(String body) {
    double seconds = parse(body).path("retry_after_seconds").asDouble(0);
    return seconds > 0
        ? Optional.of(Duration.ofSeconds((long) Math.ceil(Math.min(seconds, LONGEST_WAIT_SECONDS))))
        : Optional.empty();
  }

  private static JsonNode parse(String body) {
    try {
      return JSON.readTree(body);
    } catch (JacksonException e) {
      return JSON.createObjectNode(); // some answers are plain text
    }
  }

  Map<String, String> headers() {
    return Map.of("Authorization", "Bearer " + settings.token());
  }

  private CloudCall call(String method, String path) {
    return CloudCall.of(method, URI.create(settings.api() + path))
        .header("Authorization", "Bearer " + settings.token());
  }

  /** A call about a sandbox. */
  CloudCall about(String method, String name, String rest) {
    return call(method, path(name, rest)).about(name);
  }

  private static String path(String name, String rest) {
    return "/v1/sprites/" + encode(name) + rest;
  }

  /** Where commands are run. */
  URI socket(String name, String rest) {
    return URI.create((settings.api() + path(name, rest)).replaceFirst("^http", "ws"));
  }

  // ---- sandboxes ----

  JsonNode create(ObjectNode body) {
    return http.json(call("POST", "/v1/sprites").within(CREATE_LIMIT).json(body));
  }

  Optional<JsonNode> get(String name) {
    JsonNode answer = http.json(about("GET", name, "").accepting(404));
    return Optional.of(answer).filter(shown -> shown.has("name"));
  }

  List<JsonNode> list() {
    String first = "/v1/sprites?max_results=" + PAGE;
    return VendorList.all(
        http,
        next ->
            call(
                "GET",
                first + next.map(token -> "&continuation_token=" + encode(token)).orElse("")),
        SpritesApi::page);
  }

  /** A list that ends in the middle would be taken for all there is. */
  private static VendorList.Page page(VendorList.Came came) {
    JsonNode json = came.json();
    if (!json.path("has_more").asBoolean(false)) {
      return new VendorList.Page(json.path("sprites"), Optional.empty());
    }
    Optional<String> next = VendorList.Came.cursor(json.path("next_continuation_token"));
    if (next.isEmpty()) {
      throw new ProviderException(
          "sprites gave a part of a list, and does not say how to get the rest",
          ErrorDetails.NONE
              .withProvider(SpritesSandboxProviderFactory.NAME)
              .withRemedy("try again; see its status page"));
    }
    return new VendorList.Page(json.path("sprites"), next);
  }

  /** Reads one entry at most; costs nothing. */
  void check() {
    http.status(call("GET", "/v1/sprites?max_results=1"));
  }

  boolean delete(String name) {
    return http.status(about("DELETE", name, "").accepting(404)) != 404;
  }

  /** Replaces all of them. */
  void labels(String name, List<String> labels) {
    ObjectNode body = JSON.createObjectNode();
    ArrayNode list = body.putArray("labels");
    labels.forEach(list::add);
    http.status(about("PUT", name, "").json(body));
  }

  /** Names are not resolved, and addresses that no name was resolved to are not reached. */
  void closeNetwork(String name) {
    ObjectNode body = JSON.createObjectNode();
    body.putArray("rules").addObject().put("domain", "*").put("action", "deny");
    http.status(about("POST", name, "/policy/network").asRepeatable().json(body));
  }

  // ---- files ----

  CloudCall read(String name, String path) {
    return about("GET", name, "/fs/read?workingDir=/&path=" + encode(path)).notRetried();
  }

  CloudCall write(String name, String path) {
    String query = "/fs/write?workingDir=/&mkdirParents=true&path=" + encode(path);
    return about("PUT", name, query).header("content-type", "application/octet-stream");
  }

  static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  @Override
  public void close() {
    http.close();
  }
}
