package dev.dunes.server.sandboxapi;

import dev.dunes.hosting.Account;
import dev.dunes.hosting.HostedSandbox;
import dev.dunes.hosting.Hosting;
import dev.dunes.hosting.SandboxRequest;
import dev.dunes.server.hosted.Body;
import dev.dunes.server.hosted.Failures;
import dev.dunes.server.hosted.Gate;
import dev.dunes.server.hosted.Query;
import dev.dunes.server.hosted.SandboxJson;
import dev.dunes.server.http.ClientGone;
import dev.dunes.server.http.Exchange;
import dev.dunes.server.http.Json;
import dev.dunes.server.http.Keys;
import dev.dunes.server.http.Reply;
import dev.dunes.server.http.Route;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import tools.jackson.databind.node.ArrayNode;

/** Sandboxes over HTTP. Sandbox API 2.2; see the other classes for what is in them. */
public final class SandboxFace {
  /** In the metadata of a sandbox: after so many seconds without a request it is suspended. */
  private static final String IDLE = "dunes.idleTimeout";

  private static final int MOST_LISTED = 1000;

  private final Hosting hosting;
  private final Gate gate;

  public SandboxFace(Hosting hosting, Keys keys) {
    this.hosting = hosting;
    this.gate = new Gate(hosting, keys);
  }

  /** What this face answers. */
  public List<Route> routes() {
    List<Route> routes =
        new ArrayList<>(
            List.of(
                gate.route("POST", "/sandboxes", this::create),
                gate.route("GET", "/sandboxes", this::list),
                gate.route("GET", "/sandboxes/{id}", this::get),
                gate.route("DELETE", "/sandboxes/{id}", this::kill),
                gate.route("POST", "/sandboxes/{id}/pause", this::pause),
                gate.route("POST", "/sandboxes/{id}/connect", this::connect),
                gate.route("POST", "/sandboxes/{id}/resume", this::resume),
                gate.route("POST", "/sandboxes/{id}/timeout", this::timeout)));
    routes.addAll(new ProcessRoutes(hosting).routes(gate));
    routes.addAll(new FileRoutes(hosting).routes(gate));
    routes.addAll(new EventRoutes(hosting).routes(gate));
    routes.addAll(new TemplateRoutes(hosting).routes(gate));
    routes.addAll(new KeyRoutes(hosting).routes(gate));
    return routes;
  }

  private Reply create(Exchange exchange, Account account) throws InterruptedException {
    HostedSandbox made = hosting.create(account, request(Body.of(exchange)));
    if (exchange.gone()) {
      // Nobody will know its id.
      hosting.kill(account, made.id());
      throw new ClientGone("the client has left while its sandbox was made");
    }
    return Reply.json(201, SandboxJson.of(made));
  }

  private static SandboxRequest request(Body body) {
    Map<String, String> metadata = body.map("metadata");
    boolean pause = body.flag("autoPause", false);
    boolean memory = body.flag("autoPauseMemory", true);
    boolean resume = body.object("autoResume").map(how -> how.flag("enabled", false)).orElse(false);
    if (!memory && !pause) {
      throw Failures.invalid("autoPauseMemory: false needs autoPause: true");
    }
    if (!memory && resume) {
      throw Failures.invalid("autoPauseMemory: false and autoResume do not go together");
    }
    SandboxRequest request =
        SandboxRequest.of(body.required("templateID"))
            .metadata(metadata)
            .envs(body.map("envVars"))
            .atEnd(pause, memory)
            .autoResume(resume)
            .secure(body.flag("secure", false));
    Optional<Duration> timeout = body.seconds("timeout");
    if (timeout.isPresent()) {
      request = request.timeout(timeout.get());
    }
    String idle = metadata.get(IDLE);
    return idle == null ? request : request.idle(idle(idle));
  }

  private static Duration idle(String text) {
    try {
      long seconds = Long.parseLong(text.strip());
      if (seconds >= 0 && seconds <= Integer.MAX_VALUE) {
        return Duration.ofSeconds(seconds);
      }
    } catch (NumberFormatException e) {
      throw Failures.invalid("metadata.%s must be a number of seconds".formatted(IDLE));
    }
    throw Failures.invalid("metadata.%s must be a number of seconds".formatted(IDLE));
  }

  private Reply list(Exchange exchange, Account account) {
    Predicate<HostedSandbox> wanted =
        switch (exchange.query("status").orElse("running")) {
          case "running" -> sandbox -> !sandbox.paused();
          case "paused" -> HostedSandbox::paused;
          case "all" -> sandbox -> true;
          default -> throw Failures.invalid("status must be running, paused or all");
        };
    Map<String, String> metadata = metadata(exchange.query("metadata").orElse(""));
    long limit = Query.number(exchange, "limit", MOST_LISTED, 1, MOST_LISTED);
    ArrayNode rows = Json.MAPPER.createArrayNode();
    hosting.list(account).stream()
        .filter(wanted)
        .filter(sandbox -> sandbox.metadata().entrySet().containsAll(metadata.entrySet()))
        .limit(limit)
        .map(SandboxJson::of)
        .forEach(rows::add);
    return Reply.json(200, rows);
  }

  /** Some clients encode names and values once more than a query needs. E2B wire 2.3. */
  private static Map<String, String> metadata(String text) {
    Map<String, String> wanted = new LinkedHashMap<>();
    try {
      for (String pair : text.split("&")) {
        if (!pair.isEmpty()) {
          String[] parts = pair.split("=", 2);
          wanted.put(decode(parts[0]), parts.length == 2 ? decode(parts[1]) : "");
        }
      }
    } catch (IllegalArgumentException e) {
      throw Failures.invalid("metadata must be like name=value&name=value, percent-encoded");
    }
    return wanted;
  }

  private static String decode(String text) {
    String once = URLDecoder.decode(text, StandardCharsets.UTF_8);
    return once.indexOf('%') < 0 ? once : URLDecoder.decode(once, StandardCharsets.UTF_8);
  }

  private Reply get(Exchange exchange, Account account) {
    return Reply.json(200, SandboxJson.of(hosting.get(account, id(exchange))));
  }

  private Reply kill(Exchange exchange, Account account) {
    hosting.kill(account, id(exchange));
    return Reply.empty(204);
  }

  private Reply pause(Exchange exchange, Account account) throws InterruptedException {
    HostedSandbox paused = hosting.pause(account, id(exchange), Body.of(exchange).flag("memory"));
    return Reply.empty(204)
        .with(
            "x-dunes-paused-with",
            paused.pausedWith().orElseThrow() == HostedSandbox.PauseKind.MEMORY
                ? "memory"
                : "disk");
  }

  private Reply connect(Exchange exchange, Account account) throws InterruptedException {
    Duration least = Body.of(exchange).seconds("timeout").orElse(Hosting.DEFAULT_CONNECT);
    Hosting.Connected connected = hosting.connect(account, id(exchange), least);
    return Reply.json(connected.resumed() ? 201 : 200, SandboxJson.of(connected.sandbox()));
  }

  private Reply resume(Exchange exchange, Account account) throws InterruptedException {
    Duration least = Body.of(exchange).seconds("timeout").orElse(Hosting.DEFAULT_CONNECT);
    return Reply.json(201, SandboxJson.of(hosting.resume(account, id(exchange), least)));
  }

  private Reply timeout(Exchange exchange, Account account) throws InterruptedException {
    Duration fromNow =
        Body.of(exchange)
            .seconds("timeout")
            .orElseThrow(() -> Failures.invalid("timeout is required"));
    hosting.setTimeout(account, id(exchange), fromNow);
    return Reply.empty(204);
  }

  /** Some clients put more behind the id. E2B wire 2.2. */
  static String id(Exchange exchange) {
    String given = exchange.parameter("id");
    int dash = given.indexOf('-');
    String id = dash < 0 ? given : given.substring(0, dash);
    if (!id.matches("[a-z0-9]+")) {
      throw Failures.invalid("Invalid sandbox ID");
    }
    return id;
  }
}
