package dev.dunes.provider.vercel;

import dev.dunes.provider.local.LocalSandboxProviderFactory;
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
import java.util.LinkedHashMap;
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

/** Vercel on loopback, whose sandboxes are real ones of this machine. Cloud providers 2.4. */
final class FakeVercel implements AutoCloseable {
  static final String TOKEN = "vcl_test_0123456789abcdef";
  static final String TEAM = "team_test";
  static final String PROJECT = "prj_test";

  /** An answer that is none of success. */
  static final class Refusal extends RuntimeException {
    private static final long serialVersionUID = 1L;
    final int status;
    final String code;

    Refusal(int status, String code, String message) {
      super(message);
      this.status = status;
      this.code = code;
    }
  }

  private final Path directory;
  private final Sandboxes sandboxes;
  private final Vertx vertx = Vertx.vertx();
  private final HttpServer http;
  final Map<String, FakeBox> boxes = new ConcurrentHashMap<>();
  final Faults faults = new Faults();
  final FakeMachine machine = new FakeMachine();
  final FakeSnapshots snapshots = new FakeSnapshots();

  FakeVercel() throws Exception {
    directory =
        Files.createTempDirectory(
            "dunes-vercel-",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx--x--x")));
    Map<String, String> variables = new HashMap<>(Map.of("PATH", System.getenv("PATH")));
    variables.put("DUNES_STATE", directory.toString());
    variables.put("DUNES_PROVIDER", "local");
    sandboxes = Sandboxes.builder().settings(new ProviderSettings(Map.of(), variables)).build();
    http =
        vertx
            .createHttpServer()
            .requestHandler(request ->
                request
                    .body()
                    .onSuccess(body -> Thread.ofVirtual().start(() -> handle(request, body))))
            .listen(0, "127.0.0.1")
            .toCompletionStage()
            .toCompletableFuture()
            .get(30, TimeUnit.SECONDS);
  }

  URI uri() {
    return URI.create("http://127.0.0.1:%d/api".formatted(http.actualPort()));
  }

  ProviderSettings settings() {
    return settings(uri(), TOKEN);
  }

  static ProviderSettings settings(URI uri, String token) {
    return new ProviderSettings(
        Map.of(
            "vercel_token", token,
            "vercel_team_id", TEAM,
            "vercel_project_id", PROJECT,
            "vercel_url", uri.toString()),
        Map.of());
  }

  // ---- requests ----

  private void handle(HttpServerRequest request, Buffer body) {
    String path = request.path();
    try {
      Optional<Fault> fault = faults.enter(request.method().name(), path);
      enter(request, fault);
      List<String> parts =
          Stream.of(path.substring("/api/".length()).split("/", -1))
              .map(FakeVercel::decode)
              .toList();
      if (parts.size() > 4 && parts.get(2).equals("sessions")) {
        FakeBox box = running(parts.get(3));
        if (machine.handle(request, box, parts.subList(4, parts.size()), body)) {
          return;
        }
        JsonNode ended = end(parts.get(4), box, json(body));
        after(fault);
        answer(request, 200, ended);
        return;
      }
      JsonNode answer =
          parts.size() > 2 && parts.get(2).equals("snapshots")
              ? snapshots.handle(request, parts)
              : api(request, parts, body);
      after(fault);
      answer(request, 200, answer);
    } catch (Refusal e) {
      refuse(request, e.status, e.code, String.valueOf(e.getMessage()));
    } catch (SandboxException | IOException | InterruptedException e) {
      refuse(request, 500, "internal", String.valueOf(e.getMessage()));
    }
  }

  private JsonNode end(String how, FakeBox box, JsonNode asked) {
    ObjectNode answer = object();
    switch (how) {
      case "stop" -> stop(box);
      case "snapshot" -> {
        box.status = "stopped";
        box.sandbox.exec("kill -KILL -1 2>/dev/null");
        answer.set(
            "snapshot",
            snapshots.take(box, asked.path("expiration").asLong(FakeSnapshots.USUAL_LIFE)));
        if (!box.persistent) {
          box.sandbox.destroy();
        }
      }
      default -> throw new Refusal(404, "not_found", "no route for " + how);
    }
    answer.set("session", box.session());
    return answer.set("sandbox", box.show());
  }

  private static void after(Optional<Fault> fault) {
    if (fault.isPresent()) {
      throw new Refusal(fault.get().status(), "internal", "upstream broke");
    }
  }

  private static void enter(HttpServerRequest request, Optional<Fault> fault) {
    if (!("Bearer " + TOKEN).equals(request.getHeader("authorization"))) {
      throw new Refusal(403, "forbidden", "no: " + request.getHeader("authorization"));
    }
    if (!TEAM.equals(request.getParam("teamId"))) {
      throw new Refusal(403, "forbidden", "not your team");
    }
    if (fault.isPresent() && !fault.get().after()) {
      fault.get().headers().forEach(request.response()::putHeader);
      throw new Refusal(fault.get().status(), "fault", "no, says the vendor");
    }
  }

  private static void refuse(HttpServerRequest request, int status, String code, String message) {
    ObjectNode body = object();
    body.putObject("error").put("code", code).put("message", message);
    answer(request, status, body);
  }

  static void answer(HttpServerRequest request, int status, JsonNode body) {
    if (!request.response().headWritten()) {
      request
          .response()
          .setStatusCode(status)
          .putHeader("content-type", "application/json")
          .end(body.toString());
    }
  }

  static ObjectNode object() {
    return VercelApi.JSON.createObjectNode();
  }

  static JsonNode json(Buffer body) {
    return body.length() == 0 ? object() : VercelApi.JSON.readTree(body.getBytes());
  }

  private JsonNode api(HttpServerRequest request, List<String> parts, Buffer body) {
    String method = request.method().name();
    if (parts.size() == 2) {
      return method.equals("POST") ? create(json(body), request.path()) : list(request);
    }
    if (!PROJECT.equals(request.getParam("projectId"))) {
      throw new Refusal(403, "forbidden", "not your project");
    }
    FakeBox box = box(parts.get(2));
    if (parts.size() > 3) {
      if (!(method + parts.get(3)).equals("POSTfork")) {
        throw new Refusal(404, "not_found", "no route for " + parts.get(3));
      }
      return fork(box, json(body));
    }
    switch (method) {
      case "GET" -> {
        if ("true".equals(request.getParam("resume")) && !box.status.equals("running")) {
          if (!snapshots.there(box.snapshot)) {
            throw new Refusal(410, "snapshot_not_found", "Snapshot is gone");
          }
          box.sessionId = "sbx_" + UUID.randomUUID().toString().replace("-", "");
          box.startedAt = Instant.now().toEpochMilli();
          box.status = "running";
        }
        return box.whole();
      }
      case "PATCH" -> {
        JsonNode change = json(body);
        if (change.has("tags")) {
          box.tags = tags(change);
        }
        box.persistent = change.path("persistent").asBoolean(box.persistent);
        return object().set("sandbox", box.show());
      }
      case "DELETE" -> {
        if (!boxes.remove(box.name, box)) {
          throw unknown();
        }
        box.sandbox.destroy();
        if ("true".equals(request.getParam("deleteOrphanSnapshots"))) {
          snapshots.forget(box.name);
        }
        return object().set("sandbox", box.show());
      }
      default -> throw new Refusal(404, "not_found", "no route for " + method);
    }
  }

  FakeBox box(String name) {
    FakeBox box = boxes.get(name);
    if (box == null) {
      throw unknown();
    }
    return box;
  }

  private static Refusal unknown() {
    return new Refusal(404, "not_found", "Sandbox not found");
  }

  private FakeBox running(String session) {
    FakeBox box =
        boxes.values().stream()
            .filter(each -> each.sessionId.equals(session))
            .findFirst()
            .orElseThrow(() -> new Refusal(410, "sandbox_stopped", "Session is gone"));
    if (!box.status.equals("running")) {
      throw new Refusal(410, "sandbox_stopped", "Sandbox is stopped");
    }
    return box;
  }

  /** What is not to be kept is gone with its machine; else it is saved by itself. */
  void stop(FakeBox box) {
    box.status = "stopped";
    if (box.persistent) {
      box.sandbox.exec("kill -KILL -1 2>/dev/null");
      snapshots.take(box, FakeSnapshots.USUAL_LIFE);
    } else {
      box.sandbox.destroy();
    }
  }

  private JsonNode create(JsonNode wanted, String path) {
    if (!PROJECT.equals(wanted.path("projectId").asString(""))) {
      throw new Refusal(403, "forbidden", "not your project");
    }
    if (wanted.path("image").asString("").startsWith("nosuch")) {
      throw new Refusal(400, "bad_request", "no such image");
    }
    Optional<String> source = Optional.of(wanted.path("source").path("snapshotId").asString(""));
    return add(wanted, source.filter(id -> !id.isEmpty()), path).whole();
  }

  /** As the other was made, with what was saved last of it, but for what is said here. */
  private JsonNode fork(FakeBox from, JsonNode wanted) {
    ObjectNode whole = object().put("persistent", from.persistent).put("timeout", from.timeout);
    from.env.forEach(whole.putObject("env")::put);
    from.tags.forEach(whole.putObject("tags")::put);
    wanted.properties().forEach(each -> whole.set(each.getKey(), each.getValue()));
    Optional<String> saved = Optional.of(from.snapshot).filter(id -> !id.isEmpty());
    return add(whole, saved, "fork").whole();
  }

  private FakeBox add(JsonNode wanted, Optional<String> snapshot, String path) {
    Map<String, String> tags = tags(wanted);
    if (tags.size() > 5) {
      throw new Refusal(400, "bad_request", "too many tags");
    }
    String name = wanted.path("name").asString(UUID.randomUUID().toString());
    if (boxes.containsKey(name)) {
      throw new Refusal(409, "conflict", "Sandbox name is taken");
    }
    Map<String, String> env = new HashMap<>();
    wanted
        .path("env")
        .properties()
        .forEach(each -> env.put(each.getKey(), each.getValue().asString()));
    SandboxSpec.Builder spec = SandboxSpec.builder().lifetime(Duration.ofHours(1));
    snapshot.map(snapshots::image).ifPresent(spec::image);
    FakeBox box = new FakeBox(name, sandboxes.create(spec.build()), env, wanted, path);
    box.tags = tags;
    box.persistent = wanted.path("persistent").asBoolean(true);
    box.timeout = wanted.path("timeout").asLong(300_000);
    boxes.put(name, box);
    return box;
  }

  /** One that somebody else made in the same account. */
  FakeBox foreign(String name, Map<String, String> tags) {
    ObjectNode wanted = object().put("name", name);
    tags.forEach(wanted.putObject("tags")::put);
    return add(wanted, Optional.empty(), "");
  }

  private JsonNode list(HttpServerRequest request) {
    if (!PROJECT.equals(request.getParam("project"))) {
      throw new Refusal(403, "forbidden", "not your project");
    }
    String after = Optional.ofNullable(request.getParam("cursor")).orElse("");
    int most = Integer.parseInt(Optional.ofNullable(request.getParam("limit")).orElse("20"));
    List<String> wanted = request.params().getAll("tags");
    List<FakeBox> found =
        boxes.values().stream()
            .filter(box -> wanted.stream().allMatch(tag -> has(box, tag)))
            .filter(box -> box.name.compareTo(after) > 0)
            .sorted(Comparator.comparing((FakeBox box) -> box.name))
            .toList();
    ObjectNode page = object();
    ArrayNode shown = page.putArray("sandboxes");
    found.stream().limit(most).forEach(box -> shown.add(box.show()));
    ObjectNode pagination = page.putObject("pagination").put("count", shown.size());
    if (found.size() > most) {
      pagination.put("next", found.get(most - 1).name);
    } else {
      pagination.putNull("next");
    }
    return page;
  }

  private static boolean has(FakeBox box, String tag) {
    String[] parts = tag.split(":", 2);
    return parts[1].equals(box.tags.get(parts[0]));
  }

  private static Map<String, String> tags(JsonNode body) {
    Map<String, String> tags = new LinkedHashMap<>();
    body.path("tags")
        .properties()
        .forEach(each -> tags.put(each.getKey(), each.getValue().asString()));
    return tags;
  }

  static String decode(String text) {
    return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
  }

  /** For all tests of a class and of those nested in it. */
  static Shared<FakeVercel> shared() {
    return new Shared<>(FakeVercel.class, new LocalSandboxProviderFactory(), FakeVercel::new);
  }

  @Override
  public void close() {
    vertx.close().toCompletionStage().toCompletableFuture().join();
    boxes.values().forEach(box -> box.sandbox.destroy());
    snapshots.close();
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
