package dev.dunes.provider.vercel;

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
import tools.jackson.databind.node.ObjectNode;

/** What Vercel is asked by HTTP. Cloud providers 2.4. */
final class VercelApi implements AutoCloseable {
  static final JsonMapper JSON = JsonMapper.builder().build();

  private static final String SNAPSHOTS = "/v2/sandboxes/snapshots";
  private static final int PAGE = 50;
  private static final Duration CREATE_LIMIT = Duration.ofMinutes(3);

  final VercelSettings settings;
  final Secrets secrets = new Secrets();
  final CloudHttp http;

  VercelApi(VercelSettings settings) {
    this.settings = settings;
    secrets.add(settings.token());
    this.http =
        new CloudHttp(
            VercelSandboxProviderFactory.NAME,
            VercelSettings.CREDENTIALS,
            secrets,
            (status, body) -> message(body));
  }

  /** {@code {error: {code, message}}}. */
  private static String message(String body) {
    try {
      JsonNode error = JSON.readTree(body).path("error");
      String message = error.path("message").asString("");
      String code = error.path("code").asString("");
      return message.isEmpty() ? body : code.isEmpty() ? message : code + ": " + message;
    } catch (JacksonException e) {
      return body;
    }
  }

  private CloudCall call(String method, String path, String query) {
    String team = "?teamId=" + encode(settings.team());
    return CloudCall.of(method, URI.create(settings.api() + path + team + query))
        .header("Authorization", "Bearer " + settings.token());
  }

  /** A call about a sandbox. */
  private CloudCall about(String method, String name, String query) {
    String project = "&projectId=" + encode(settings.project());
    return call(method, "/v2/sandboxes/" + encode(name), project + query).about(name);
  }

  /** A call to the machine of a sandbox. */
  CloudCall machine(String method, String name, String session, String path) {
    return call(method, "/v2/sandboxes/sessions/" + encode(session) + path, "").about(name);
  }

  // ---- sandboxes ----

  /** With a runtime the older version is asked. */
  JsonNode create(ObjectNode body) {
    String path = body.has("runtime") ? "/v2/sandboxes" : "/v3/sandboxes";
    return http.json(call("POST", path, "").within(CREATE_LIMIT).json(body));
  }

  /** Another that begins with what was saved last of this one, and is as this one is otherwise. */
  JsonNode fork(String name, ObjectNode body) {
    String path = "/v2/sandboxes/" + encode(name) + "/fork";
    String project = "&projectId=" + encode(settings.project());
    return http.json(call("POST", path, project).about(name).within(CREATE_LIMIT).json(body));
  }

  /** {@code {sandbox, session, routes}}. */
  Optional<JsonNode> get(String name) {
    return get(name, "");
  }

  /** The same, once a machine was started for it if there was none. */
  Optional<JsonNode> resume(String name) {
    return get(name, "&resume=true");
  }

  private Optional<JsonNode> get(String name, String query) {
    JsonNode answer = http.json(about("GET", name, query).within(CREATE_LIMIT).accepting(404));
    return Optional.of(answer).filter(shown -> shown.has("sandbox"));
  }

  List<JsonNode> list(Map<String, String> tags) {
    StringBuilder query = new StringBuilder("&project=" + encode(settings.project()));
    query.append("&limit=").append(PAGE);
    tags.forEach((key, value) -> query.append("&tags=").append(encode(key + ":" + value)));
    return VendorList.all(
        http,
        next ->
            call(
                "GET",
                "/v2/sandboxes",
                query + next.map(cursor -> "&cursor=" + encode(cursor)).orElse("")),
        came ->
            new VendorList.Page(
                came.json().path("sandboxes"),
                VendorList.Came.cursor(came.json().path("pagination").path("next"))));
  }

  /** Reads one entry at most; costs nothing. */
  void check() {
    http.status(
        call("GET", "/v2/sandboxes", "&project=" + encode(settings.project()) + "&limit=1"));
  }

  /** Sets what is in the body to these values, whatever they were. */
  void update(String name, ObjectNode body) {
    http.status(about("PATCH", name, "").asRepeatable().json(body));
  }

  /**
   * @param saved whether what was saved of it goes with it, unless another sandbox needs it
   */
  boolean delete(String name, boolean saved) {
    String query = saved ? "&deleteOrphanSnapshots=true" : "";
    return http.status(about("DELETE", name, query).accepting(404)) != 404;
  }

  // ---- machines ----

  /** One that has stopped is no failure. */
  void stop(String name, String session) {
    http.status(
        machine("POST", name, session, "/stop")
            .asRepeatable()
            .within(CREATE_LIMIT)
            .accepting(404, 410, 422));
  }

  void extend(String name, String session, Duration by) {
    http.status(
        machine("POST", name, session, "/extend-timeout")
            .json(CloudHttp.object().put("duration", by.toMillis())));
  }

  // ---- snapshots ----

  /** Ends the machine. Never asked twice: what it would make is not known by anything of ours. */
  JsonNode snapshot(String name, String session, boolean forGood) {
    CloudCall call = machine("POST", name, session, "/snapshot").within(CREATE_LIMIT);
    JsonNode made =
        http.json(forGood ? call.json(CloudHttp.object().put("expiration", 0)) : call)
            .path("snapshot");
    if (VercelShape.snapshot(made).isEmpty()) {
      throw new ProviderException(
          "vercel did not say which snapshot it made",
          ErrorDetails.at(VercelSandboxProviderFactory.NAME, name).withRemedy("try again"));
    }
    return made;
  }

  /** What was saved of a sandbox and is still there. */
  List<JsonNode> snapshots(String name) {
    String query =
        "&project=%s&name=%s&limit=%d".formatted(encode(settings.project()), encode(name), PAGE);
    return VendorList.all(
            http,
            next ->
                call(
                    "GET",
                    SNAPSHOTS,
                    query + next.map(cursor -> "&cursor=" + encode(cursor)).orElse("")),
            came ->
                new VendorList.Page(
                    came.json().path("snapshots"),
                    VendorList.Came.cursor(came.json().path("pagination").path("next"))))
        .stream()
        .filter(VercelApi::there)
        .toList();
  }

  /** One that was deleted may still be shown. */
  private static boolean there(JsonNode snapshot) {
    return snapshot.path("status").asString("").equals("created");
  }

  boolean deleteSnapshot(String id) {
    String path = SNAPSHOTS + "/" + encode(id);
    JsonNode shown = http.json(call("GET", path, "").accepting(404, 410)).path("snapshot");
    return there(shown) && http.status(call("DELETE", path, "").accepting(404, 410)) < 400;
  }

  static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  @Override
  public void close() {
    http.close();
  }
}
