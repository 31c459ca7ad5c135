package dev.dunes.provider.daytona;

import dev.dunes.provider.local.LocalSandboxProviderFactory;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.Sandboxes;
import dev.dunes.sandbox.conformance.Faults;
import dev.dunes.sandbox.conformance.Faults.Fault;
import dev.dunes.sandbox.conformance.Shared;
import dev.dunes.sandbox.spi.ProviderSettings;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import java.io.IOException;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Daytona on loopback, whose sandboxes are real ones of this machine. Cloud providers 2.1. */
final class FakeDaytona implements AutoCloseable {
  static final String KEY = "dtn_test_0123456789abcdef";

  /** A sandbox as the control plane knows it. */
  static final class Box {
    final String id = UUID.randomUUID().toString();
    final String name;
    final Sandbox sandbox;
    final Instant createdAt = Instant.now();
    final Map<String, FakeSession> sessions = new ConcurrentHashMap<>();
    final Map<String, FakePty> terminals = new ConcurrentHashMap<>();
    volatile Map<String, String> labels;
    volatile Map<String, String> env;
    volatile String state = "started";

    Box(String name, Sandbox sandbox, Map<String, String> labels, Map<String, String> env) {
      this.name = name;
      this.sandbox = sandbox;
      this.labels = labels;
      this.env = env;
    }
  }

  private final Path directory;
  private final Sandboxes sandboxes;
  private final Vertx vertx = Vertx.vertx();
  private final HttpServer http;
  final Map<String, Box> boxes = new ConcurrentHashMap<>();
  final Map<String, String> snapshots = new ConcurrentHashMap<>();
  final Faults faults = new Faults();
  private final FakeToolbox toolbox = new FakeToolbox(this);

  /** What it says instead of where sandboxes are reached. */
  volatile Optional<String> proxy = Optional.empty();

  FakeDaytona() throws Exception {
    directory =
        Files.createTempDirectory(
            "dunes-daytona-",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx--x--x")));
    Map<String, String> variables = new HashMap<>(Map.of("PATH", System.getenv("PATH")));
    variables.put("DUNES_STATE", directory.toString());
    variables.put("DUNES_PROVIDER", "local");
    sandboxes = Sandboxes.builder().settings(new ProviderSettings(Map.of(), variables)).build();
    HttpServerOptions options =
        new HttpServerOptions()
            .setMaxWebSocketFrameSize(1 << 20)
            .setMaxFormAttributeSize(1 << 20)
            .addWebSocketSubProtocol("X-Daytona-Pty-Exit-Control");
    http =
        vertx
            .createHttpServer(options)
            .requestHandler(request ->
                request
                    .body()
                    .onSuccess(body -> Thread.ofVirtual().start(() -> handle(request, body))))
            .webSocketHandler(toolbox::follow)
            .listen(0, "127.0.0.1")
            .toCompletionStage()
            .toCompletableFuture()
            .get(30, TimeUnit.SECONDS);
  }

  URI uri() {
    return URI.create("http://127.0.0.1:%d/api".formatted(http.actualPort()));
  }

  ProviderSettings settings() {
    return settings(uri(), KEY);
  }

  static ProviderSettings settings(URI uri, String key) {
    return new ProviderSettings(
        Map.of("daytona_api_key", key, "daytona_api_url", uri.toString()), Map.of());
  }

  FakeToolbox toolbox() {
    return toolbox;
  }

  // ---- requests ----

  private void handle(HttpServerRequest request, Buffer body) {
    String path = request.path();
    try {
      Optional<Fault> fault = faults.enter(request.method().name(), path);
      if (!("Bearer " + KEY).equals(request.getHeader("authorization"))) {
        throw new Refusal(401, "Invalid credentials");
      }
      if (fault.isPresent() && !fault.get().after()) {
        fault.get().headers().forEach(request.response()::putHeader);
        throw new Refusal(fault.get().status(), "no, says the vendor");
      }
      if (path.startsWith("/toolbox/")) {
        toolbox.handle(request, body);
      } else {
        String answer = api(request, path.substring("/api".length()), body).toString();
        if (fault.isPresent()) {
          throw new Refusal(fault.get().status(), "upstream broke");
        }
        request.response().putHeader("content-type", "application/json").end(answer);
      }
    } catch (Refusal e) {
      refuse(request, e.status, e.getMessage());
    } catch (SandboxException | IOException | InterruptedException e) {
      refuse(request, 500, String.valueOf(e.getMessage()));
    }
  }

  /** An answer that is none of success. */
  static final class Refusal extends RuntimeException {
    private static final long serialVersionUID = 1L;
    final int status;

    Refusal(int status, String message) {
      super(message);
      this.status = status;
    }
  }

  private static void refuse(HttpServerRequest request, int status, String message) {
    ObjectNode body = object().put("statusCode", status).put("message", message);
    body.put("path", request.path()).put("timestamp", Instant.now().toString());
    request
        .response()
        .setStatusCode(status)
        .putHeader("content-type", "application/json")
        .end(body.toString());
  }

  static ObjectNode object() {
    return DaytonaApi.JSON.createObjectNode();
  }

  static JsonNode json(Buffer body) {
    return body.length() == 0 ? object() : DaytonaApi.JSON.readTree(body.getBytes());
  }

  private JsonNode api(HttpServerRequest request, String path, Buffer body)
      throws IOException, InterruptedException {
    String[] parts = path.substring(1).split("/");
    String method = request.method().name();
    if (parts[0].equals("snapshots")) {
      String name = decode(parts[1]);
      if (!snapshots.containsKey(name)) {
        throw new Refusal(404, "Snapshot not found");
      }
      if (method.equals("DELETE")) {
        sandboxes.provider().deleteSnapshot(snapshots.remove(name));
      }
      return object().put("id", name).put("name", name);
    }
    if (parts.length == 1) {
      return method.equals("POST") ? create(json(body)) : list(request);
    }
    Box box = box(decode(parts[1]));
    if (parts.length == 2) {
      if (method.equals("DELETE")) {
        if (!boxes.remove(box.id, box)) {
          throw new Refusal(404, "Sandbox not found");
        }
        box.sandbox.destroy();
        box.sessions.values().forEach(FakeSession::close);
        box.terminals.values().forEach(FakePty::close);
        return show(box).put("state", "destroyed");
      }
      return show(box);
    }
    switch (parts[2]) {
      case "labels" -> box.labels = strings(json(body).path("labels"));
      case "stop" -> {
        box.state = "stopped";
        box.sessions.values().forEach(FakeSession::close);
        box.sandbox.exec("kill -KILL -1 2>/dev/null");
      }
      case "start" -> box.state = "started";
      case "snapshot" ->
          snapshots.put(json(body).path("name").asString(), box.sandbox.snapshot().id());
      case "fork" -> {
        Box fork =
            new Box(json(body).path("name").asString(), box.sandbox.fork(), box.labels, box.env);
        boxes.put(fork.id, fork);
        return show(fork);
      }
      case "ttl", "autostop", "last-activity" -> {}
      default -> throw new Refusal(404, "Cannot %s %s".formatted(method, path));
    }
    return show(box);
  }

  /** As if it had never been. */
  void forget(String id) {
    Box box = box(id);
    boxes.remove(id);
    box.sandbox.destroy();
    box.sessions.values().forEach(FakeSession::close);
  }

  Box box(String idOrName) {
    return boxes.values().stream()
        .filter(box -> box.id.equals(idOrName) || box.name.equals(idOrName))
        .findFirst()
        .orElseThrow(
            () -> new Refusal(404, "Sandbox with ID or name %s not found".formatted(idOrName)));
  }

  private JsonNode create(JsonNode wanted) {
    SandboxSpec.Builder spec = SandboxSpec.builder().lifetime(Duration.ofHours(1));
    Map<String, String> env = strings(wanted.path("env"));
    spec.env(env);
    if (wanted.has("snapshot")) {
      String id = snapshots.get(wanted.path("snapshot").asString());
      if (id == null) {
        throw new Refusal(400, "Snapshot %s not found".formatted(wanted.path("snapshot")));
      }
      spec.image("snapshot:" + id);
    }
    Box box =
        new Box(
            wanted.path("name").asString(UUID.randomUUID().toString()),
            sandboxes.create(spec.build()),
            strings(wanted.path("labels")),
            env);
    boxes.put(box.id, box);
    return show(box).put("state", "creating");
  }

  private JsonNode list(HttpServerRequest request) {
    String labels = request.getParam("labels");
    Map<String, String> wanted =
        labels == null ? Map.of() : strings(DaytonaApi.JSON.readTree(labels));
    String cursor = request.getParam("cursor");
    int limit =
        Integer.parseInt(request.params().get("limit") == null ? "100" : request.getParam("limit"));
    List<Box> found =
        boxes.values().stream()
            .filter(box -> box.labels.entrySet().containsAll(wanted.entrySet()))
            .sorted(Comparator.comparing((Box box) -> box.id))
            .filter(box -> cursor == null || box.id.compareTo(cursor) > 0)
            .toList();
    ObjectNode page = object();
    ArrayNode items = page.putArray("items");
    found.stream().limit(limit).forEach(box -> items.add(show(box)));
    if (found.size() > limit) {
      page.put("nextCursor", found.get(limit - 1).id);
    } else {
      page.putNull("nextCursor");
    }
    return page;
  }

  private ObjectNode show(Box box) {
    ObjectNode shown = object();
    shown.put("id", box.id).put("organizationId", "org").put("name", box.name);
    shown.put("user", "daytona").put("public", false).put("networkBlockAll", false);
    shown.put("target", "us").put("cpu", 1).put("gpu", 0).put("memory", 1).put("disk", 3);
    shown.put("toolboxProxyUrl", proxy.orElse(uri().resolve("/toolbox").toString()));
    shown.put("state", box.state).put("createdAt", box.createdAt.toString());
    box.env.forEach(shown.putObject("env")::put);
    box.labels.forEach(shown.putObject("labels")::put);
    return shown;
  }

  private static Map<String, String> strings(JsonNode object) {
    Map<String, String> map = new HashMap<>();
    object.properties().forEach(each -> map.put(each.getKey(), each.getValue().asString()));
    return map;
  }

  static String decode(String text) {
    return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
  }

  /** For all tests of a class and of those nested in it. */
  static Shared<FakeDaytona> shared() {
    return new Shared<>(FakeDaytona.class, new LocalSandboxProviderFactory(), FakeDaytona::new);
  }

  @Override
  public void close() {
    vertx.close().toCompletionStage().toCompletableFuture().join();
    boxes.values().forEach(box -> box.sandbox.destroy());
    sandboxes.close();
    try (Stream<Path> walk = Files.walk(directory)) {
      for (Path path : walk.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
