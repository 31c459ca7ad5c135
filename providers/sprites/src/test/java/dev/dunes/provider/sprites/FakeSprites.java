package dev.dunes.provider.sprites;

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
import java.util.ArrayList;
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

/** Sprites on loopback, whose sandboxes are real ones of this machine. Cloud providers 2.5. */
final class FakeSprites implements AutoCloseable {
  static final String TOKEN = "org/test/0123456789abcdef/secret";

  /** A sandbox as its vendor knows it. */
  static final class Box {
    final String id = "sprite-" + UUID.randomUUID();
    final String name;
    final Sandbox sandbox;
    final Map<String, String> environment;
    final JsonNode config;
    final Instant createdAt = Instant.now();
    volatile List<String> labels;
    volatile JsonNode rules = object().putArray("rules");

    Box(String name, Sandbox sandbox, Map<String, String> environment, JsonNode config) {
      this.name = name;
      this.sandbox = sandbox;
      this.environment = environment;
      this.config = config;
    }
  }

  /** An answer that is none of success. */
  static final class Refusal extends RuntimeException {
    private static final long serialVersionUID = 1L;
    final int status;
    final String body;

    Refusal(int status, String body) {
      super(body);
      this.status = status;
      this.body = body;
    }

    static Refusal of(int status, String error, String message) {
      return new Refusal(status, object().put("error", error).put("message", message).toString());
    }
  }

  private final Path directory;
  private final Sandboxes sandboxes;
  private final Vertx vertx = Vertx.vertx();
  private final HttpServer http;
  final Map<String, Box> boxes = new ConcurrentHashMap<>();
  final Faults faults = new Faults();
  volatile boolean forgetLabels;
  final FakeExec exec = new FakeExec(this);
  private final FakeFiles files = new FakeFiles();

  FakeSprites() throws Exception {
    directory =
        Files.createTempDirectory(
            "dunes-sprites-",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx--x--x")));
    Map<String, String> variables = new HashMap<>(Map.of("PATH", System.getenv("PATH")));
    variables.put("DUNES_STATE", directory.toString());
    variables.put("DUNES_PROVIDER", "local");
    sandboxes = Sandboxes.builder().settings(new ProviderSettings(Map.of(), variables)).build();
    HttpServerOptions options =
        new HttpServerOptions()
            .setMaxWebSocketFrameSize(1 << 20)
            .setMaxWebSocketMessageSize(1 << 22)
            .setMaxInitialLineLength(8 << 10);
    http =
        vertx
            .createHttpServer(options)
            .requestHandler(request ->
                request
                    .body()
                    .onSuccess(body -> Thread.ofVirtual().start(() -> handle(request, body))))
            .webSocketHandshakeHandler(exec::open)
            .listen(0, "127.0.0.1")
            .toCompletionStage()
            .toCompletableFuture()
            .get(30, TimeUnit.SECONDS);
  }

  URI uri() {
    return URI.create("http://127.0.0.1:%d".formatted(http.actualPort()));
  }

  ProviderSettings settings() {
    return settings(uri(), TOKEN);
  }

  static ProviderSettings settings(URI uri, String token) {
    return new ProviderSettings(
        Map.of("sprites_token", token, "sprites_url", uri.toString()), Map.of());
  }

  // ---- requests ----

  /** Looks whether somebody may ask, and whether this goes well; throws when it does not. */
  Optional<Fault> enter(String method, String path, String authorization) {
    Optional<Fault> fault;
    try {
      fault = faults.enter(method, path);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    if (!("Bearer " + TOKEN).equals(authorization)) {
      throw Refusal.of(401, "unauthorized", "invalid token " + authorization);
    }
    if (fault.isPresent() && !fault.get().after()) {
      throw new Refusal(fault.get().status(), fault.get().body());
    }
    return fault;
  }

  private void handle(HttpServerRequest request, Buffer body) {
    String path = request.path();
    try {
      Optional<Fault> fault =
          enter(request.method().name(), path, String.valueOf(request.getHeader("authorization")));
      String[] parts = path.split("/", -1);
      if (parts.length > 4 && parts[4].equals("fs")) {
        files.handle(request, box(decode(parts[3])), parts[5], body);
        return;
      }
      JsonNode answer = api(request, parts, body);
      if (fault.isPresent()) {
        throw new Refusal(fault.get().status(), fault.get().body());
      }
      if (answer.isMissingNode()) {
        request.response().setStatusCode(204).end();
      } else {
        int status = request.method().name().equals("POST") ? 201 : 200;
        answer(request, status, answer.toString());
      }
    } catch (Refusal e) {
      answer(request, e.status, e.body);
    } catch (SandboxException | IOException e) {
      answer(request, 500, String.valueOf(e.getMessage()));
    }
  }

  static void answer(HttpServerRequest request, int status, String body) {
    request
        .response()
        .setStatusCode(status)
        .putHeader("content-type", "application/json")
        .end(body);
  }

  static ObjectNode object() {
    return SpritesApi.JSON.createObjectNode();
  }

  static JsonNode json(Buffer body) {
    return body.length() == 0 ? object() : SpritesApi.JSON.readTree(body.getBytes());
  }

  private JsonNode api(HttpServerRequest request, String[] parts, Buffer body) throws IOException {
    String method = request.method().name();
    if (parts.length == 3) {
      return method.equals("POST") ? create(json(body)) : list(request);
    }
    Box box = box(decode(parts[3]));
    String what = parts.length == 4 ? method : method + " " + parts[4];
    return switch (what) {
      case "GET" -> show(box);
      case "PUT" -> {
        box.labels = strings(json(body).path("labels"));
        yield show(box);
      }
      case "DELETE" -> {
        if (!boxes.remove(box.name, box)) {
          throw unknown(box.name);
        }
        box.sandbox.destroy();
        yield object().path("nothing");
      }
      case "GET exec" -> exec.list(box);
      case "GET policy" -> object().set("rules", box.rules);
      case "POST policy" -> {
        box.rules = json(body).path("rules");
        yield object().path("nothing");
      }
      default -> throw Refusal.of(404, "not_found", "no route for " + what);
    };
  }

  Box box(String name) {
    Box box = boxes.get(name);
    if (box == null) {
      throw unknown(name);
    }
    return box;
  }

  private static Refusal unknown(String name) {
    return Refusal.of(404, "not_found", "sprite not found: " + name);
  }

  private JsonNode create(JsonNode wanted) {
    String name = wanted.path("name").asString("");
    if (boxes.containsKey(name)) {
      throw Refusal.of(409, "conflict", "sprite already exists");
    }
    Map<String, String> environment = new HashMap<>();
    wanted
        .path("environment")
        .properties()
        .forEach(each -> environment.put(each.getKey(), each.getValue().asString()));
    SandboxSpec spec = SandboxSpec.builder().lifetime(Duration.ofHours(1)).build();
    Box box = new Box(name, sandboxes.create(spec), environment, wanted.path("config"));
    box.labels = forgetLabels ? List.of() : strings(wanted.path("labels"));
    boxes.put(name, box);
    return show(box);
  }

  /** One that somebody else made in the same account. */
  Box foreign(String name, List<String> labels) {
    create(object().put("name", name));
    box(name).labels = labels;
    return box(name);
  }

  private JsonNode list(HttpServerRequest request) {
    String prefix = Optional.ofNullable(request.getParam("prefix")).orElse("");
    String after = Optional.ofNullable(request.getParam("continuation_token")).orElse("");
    int most = Integer.parseInt(Optional.ofNullable(request.getParam("max_results")).orElse("50"));
    List<Box> found =
        boxes.values().stream()
            .filter(box -> box.name.startsWith(prefix) && box.name.compareTo(after) > 0)
            .sorted(Comparator.comparing((Box box) -> box.name))
            .toList();
    ObjectNode page = object();
    ArrayNode sprites = page.putArray("sprites");
    found.stream().limit(most).forEach(box -> sprites.add(show(box)));
    page.put("has_more", found.size() > most);
    if (found.size() > most) {
      page.put("next_continuation_token", found.get(most - 1).name);
    }
    return page;
  }

  private static JsonNode show(Box box) {
    ObjectNode shown = object();
    shown.put("id", box.id).put("name", box.name).put("organization", "test");
    shown.put("status", "cold").put("url", "https://%s-test.sprites.app".formatted(box.name));
    shown.put("created_at", box.createdAt.toString()).put("updated_at", box.createdAt.toString());
    if (box.config.isObject()) {
      shown.set("config", box.config);
    }
    box.environment.forEach(shown.putObject("environment")::put);
    ArrayNode labels = shown.putArray("labels");
    box.labels.forEach(labels::add);
    return shown;
  }

  private static List<String> strings(JsonNode array) {
    List<String> strings = new ArrayList<>();
    array.forEach(each -> strings.add(each.asString()));
    return strings;
  }

  static String decode(String text) {
    return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
  }

  /** For all tests of a class and of those nested in it. */
  static Shared<FakeSprites> shared() {
    return new Shared<>(FakeSprites.class, new LocalSandboxProviderFactory(), FakeSprites::new);
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
