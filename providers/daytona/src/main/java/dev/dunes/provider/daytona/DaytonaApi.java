package dev.dunes.provider.daytona;

import dev.dunes.provider.cloud.CloudCall;
import dev.dunes.provider.cloud.CloudHttp;
import dev.dunes.provider.cloud.Secrets;
import dev.dunes.provider.cloud.VendorList;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** The control plane. Cloud providers 2.1. */
final class DaytonaApi implements AutoCloseable {
  static final JsonMapper JSON = JsonMapper.builder().build();

  /** Below 0.167.0 the streams of a command come without channels. */
  private static final String VERSION = "0.216.0";

  private static final int PAGE = 200;
  private static final Duration CREATE_LIMIT = Duration.ofMinutes(3);

  final DaytonaSettings settings;
  final Secrets secrets = new Secrets();
  final CloudHttp http;

  DaytonaApi(DaytonaSettings settings) {
    this.settings = settings;
    secrets.add(settings.key());
    this.http =
        new CloudHttp(
            DaytonaSandboxProviderFactory.NAME,
            DaytonaSettings.KEY_VARIABLE,
            secrets,
            DaytonaApi::message);
  }

  static String message(int status, String body) {
    try {
      JsonNode message = JSON.readTree(body).path("message");
      String text = message.isArray() ? message.toString() : message.asString("");
      return text.isEmpty() ? body : text;
    } catch (JacksonException e) {
      return body;
    }
  }

  /** What every call carries, also those of toolboxes and of WebSockets. */
  Map<String, String> headers() {
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put("Authorization", "Bearer " + settings.key());
    headers.put("X-Daytona-Source", "dunes-java");
    headers.put("X-Daytona-SDK-Version", VERSION);
    settings.organization().ifPresent(id -> headers.put("X-Daytona-Organization-ID", id));
    return headers;
  }

  CloudCall call(String method, String address) {
    CloudCall call = CloudCall.of(method, URI.create(address));
    for (Map.Entry<String, String> header : headers().entrySet()) {
      call = call.header(header.getKey(), header.getValue());
    }
    return call;
  }

  private CloudCall api(String method, String path) {
    return call(method, settings.api() + path);
  }

  private CloudCall about(String method, String id, String rest) {
    return api(method, "/sandbox/" + encode(id) + rest).about(id);
  }

  JsonNode create(ObjectNode body) {
    return http.json(api("POST", "/sandbox").within(CREATE_LIMIT).json(body));
  }

  Optional<JsonNode> get(String id) {
    JsonNode answer = http.json(about("GET", id, "").accepting(404));
    return Optional.of(answer).filter(shown -> shown.has("id"));
  }

  List<JsonNode> list(Map<String, String> labels) {
    String query = "/sandbox?limit=" + PAGE;
    if (!labels.isEmpty()) {
      ObjectNode wanted = CloudHttp.object();
      labels.forEach(wanted::put);
      query += "&labels=" + encode(wanted.toString());
    }
    String first = query;
    return VendorList.all(
        http,
        next -> api("GET", first + next.map(cursor -> "&cursor=" + encode(cursor)).orElse("")),
        came ->
            new VendorList.Page(
                came.json().path("items"), VendorList.Came.cursor(came.json().path("nextCursor"))));
  }

  /** Reads one entry at most; costs nothing. */
  void check() {
    http.status(api("GET", "/sandbox?limit=1"));
  }

  boolean delete(String id) {
    return http.status(about("DELETE", id, "").accepting(404)) != 404;
  }

  void labels(String id, Map<String, String> labels) {
    ObjectNode body = CloudHttp.object();
    labels.forEach(body.putObject("labels")::put);
    http.status(about("PUT", id, "/labels").json(body));
  }

  void lifetime(String id, long minutes) {
    http.status(about("POST", id, "/ttl/" + minutes).asRepeatable());
  }

  void start(String id) {
    http.status(about("POST", id, "/start").within(CREATE_LIMIT));
  }

  void stop(String id) {
    http.status(about("POST", id, "/stop?force=false").within(CREATE_LIMIT));
  }

  JsonNode fork(String id, String name) {
    return http.json(
        about("POST", id, "/fork").within(CREATE_LIMIT).json(CloudHttp.object().put("name", name)));
  }

  void snapshot(String id, String name) {
    ObjectNode body = CloudHttp.object().put("name", name).put("includeMemory", false);
    http.status(about("POST", id, "/snapshot").within(CREATE_LIMIT).json(body));
  }

  boolean deleteSnapshot(String name) {
    String path = "/snapshots/" + encode(name);
    String id = http.json(api("GET", path).accepting(404)).path("id").asString("");
    return !id.isEmpty()
        && http.status(api("DELETE", "/snapshots/" + encode(id)).accepting(404)) != 404;
  }

  static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  @Override
  public void close() {
    http.close();
  }
}
