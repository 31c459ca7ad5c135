package dev.dunes.server;

import dev.dunes.agent.Agent;
import dev.dunes.gateway.Gateway;
import dev.dunes.gateway.GatewayOptions;
import dev.dunes.sandbox.Sandboxes;
import dev.dunes.server.http.Json;
import dev.dunes.session.RunsConfig;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import tools.jackson.databind.JsonNode;

/** A server in a directory of its own, whose agent is {@link ScriptAgent}, in real sandboxes. */
final class Shop implements AutoCloseable {
  static final String KEY = "sk-ant-real-key-of-the-test-0123456789";
  static final Duration SOON = Duration.ofSeconds(30);
  static final String INIT = "{\"type\":\"system\",\"subtype\":\"init\",\"session_id\":\"s-1\"}";
  static final String RESULT =
      "{\"type\":\"result\",\"subtype\":\"success\",\"is_error\":false,\"num_turns\":1,"
          + "\"result\":\"done\",\"total_cost_usd\":0.5}";

  final Path directory;
  final Map<String, String> environment = new HashMap<>();
  final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private Optional<DunesServer> server = Optional.empty();
  private Agent agent;
  private Sandboxes sandboxes = SharedPlace.sandboxes();
  private Duration pingEvery = Duration.ofSeconds(30);
  private Function<GatewayOptions, Gateway> gateways = Gateway::open;
  private Consumer<ServerConfig.Builder> configuration = config -> {};

  Shop(Path directory) throws IOException {
    this.directory = directory;
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx--x--x"));
    this.agent = new ScriptAgent(Files.createDirectory(directory.resolve("program")));
    environment.put("ANTHROPIC_API_KEY", KEY);
  }

  Shop set(String variable, String value) {
    environment.put(variable, value);
    return this;
  }

  Shop with(Agent other) {
    agent = other;
    return this;
  }

  Shop with(Sandboxes other) {
    sandboxes = other;
    return this;
  }

  /** What else the server is told at its start. */
  Shop configured(Consumer<ServerConfig.Builder> more) {
    configuration = configuration.andThen(more);
    return this;
  }

  /** How its gateways are opened. */
  Shop gateways(Function<GatewayOptions, Gateway> opener) {
    gateways = opener;
    return this;
  }

  Shop pingEvery(Duration period) {
    pingEvery = period;
    return this;
  }

  void write(String file, String text) throws IOException {
    Path path = directory.resolve(file);
    Files.createDirectories(path.getParent());
    Files.writeString(path, text);
  }

  DunesServer server() {
    if (server.isEmpty()) {
      server = Optional.of(start(0));
    }
    return server.get();
  }

  DunesServer start(int port) {
    ServerConfig.Builder config =
        ServerConfig.builder(
                RunsConfig.builder()
                    .directory(directory)
                    .environment(environment)
                    .sandboxes(sandboxes)
                    .agent(agent)
                    .gateways(gateways)
                    .build())
            .host("127.0.0.1")
            .port(port)
            .pingEvery(pingEvery);
    configuration.accept(config);
    return DunesServer.start(config.build());
  }

  /** Another server after this one, at the same port. */
  void restart(int port) {
    server().close(Duration.ZERO);
    server = Optional.of(start(port));
  }

  URI uri(String path) {
    return server().uri().resolve(path);
  }

  int port() {
    return server().uri().getPort();
  }

  HttpResponse<String> get(String path, String... headers) throws Exception {
    return send("GET", path, "", headers);
  }

  HttpResponse<String> post(String path, String body, String... headers) throws Exception {
    return send("POST", path, body, headers);
  }

  HttpResponse<String> send(String method, String path, String body, String... headers)
      throws Exception {
    return client.send(request(method, path, body, headers), HttpResponse.BodyHandlers.ofString());
  }

  HttpRequest request(String method, String path, String body, String... headers) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(uri(path))
            .timeout(Duration.ofMinutes(2))
            .method(
                method,
                body.isEmpty()
                    ? HttpRequest.BodyPublishers.noBody()
                    : HttpRequest.BodyPublishers.ofString(body));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return request.build();
  }

  /** The answer once its head is there; its lines as they come. */
  HttpResponse<java.util.stream.Stream<String>> stream(String script) throws Exception {
    return client.send(
        request("POST", "/query", query(script).toString()), HttpResponse.BodyHandlers.ofLines());
  }

  static tools.jackson.databind.node.ObjectNode query(String script) {
    return Json.object().put("prompt", script);
  }

  /** The events of a whole stream. */
  static List<String> events(String body) {
    List<String> events = new ArrayList<>();
    for (String frame : body.split("\n\n")) {
      if (frame.startsWith("data: ")) {
        events.add(frame.substring(6));
      }
    }
    return events;
  }

  static JsonNode json(String text) {
    return Json.MAPPER.readTree(text.getBytes(StandardCharsets.UTF_8));
  }

  static String echo(String line) {
    return "echo '" + line + "'\n";
  }

  @Override
  public void close() {
    client.shutdownNow();
    server.ifPresent(s -> s.close(Duration.ZERO));
  }
}
