package dev.dunes.server.hosted;

import dev.dunes.hosting.Account;
import dev.dunes.hosting.HostedSandbox;
import dev.dunes.hosting.Hosting;
import dev.dunes.hosting.SandboxRequest;
import dev.dunes.server.http.ClientGone;
import dev.dunes.server.http.Exchange;
import dev.dunes.server.http.Reply;
import dev.dunes.server.http.Route;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/**
 * Sandboxes from their making to their end, at every path that clients of two kinds know. Sandbox
 * API 2.2, E2B wire 2.3.
 */
public final class SandboxRoutes {
  /** In the metadata of a sandbox: after so many seconds without a request it is suspended. */
  private static final String IDLE = "dunes.idleTimeout";

  private static final int MOST_PATH = 1024;
  private static final long MOST_REFRESH = 3600;
  private static final long LEAST_REFRESH = 15;

  private final Hosting hosting;
  private final SandboxJson json;
  private final Once once;

  public SandboxRoutes(Hosting hosting, SandboxJson json) {
    this.hosting = hosting;
    this.json = json;
    this.once = new Once(hosting, json);
  }

  /** What is answered here. */
  public List<Route> routes(Gate gate) {
    SandboxLists lists = new SandboxLists(hosting, json);
    return List.of(
        gate.route("POST", "/sandboxes", (e, a) -> create(e, a, !knowsNoTokens(e))),
        gate.route("POST", "/v2/sandboxes", (e, a) -> create(e, a, true)),
        gate.route("GET", "/sandboxes", lists::all),
        gate.route("GET", "/v2/sandboxes", lists::pages),
        gate.route("GET", "/sandboxes/{id}", this::get),
        gate.route("DELETE", "/sandboxes/{id}", this::kill),
        gate.route("POST", "/sandboxes/{id}/pause", this::pause),
        gate.route("POST", "/sandboxes/{id}/connect", this::connect),
        gate.route("POST", "/v2/sandboxes/{id}/connect", this::connect),
        gate.route("POST", "/sandboxes/{id}/resume", this::resume),
        gate.route("POST", "/sandboxes/{id}/timeout", this::timeout),
        gate.route("POST", "/sandboxes/{id}/refreshes", this::refresh));
  }

  /**
   * SDKs of E2B that leave {@code secure} out show no token later: what they make is open to who
   * knows its id. Everybody else has to ask for that.
   */
  private static boolean knowsNoTokens(Exchange exchange) {
    return exchange.header("publisher").filter("e2b"::equals).isPresent()
        || exchange.header("user-agent").filter(agent -> agent.startsWith("e2b-")).isPresent();
  }

  /**
   * @param secure whether it gets a token when nothing is said about it
   */
  private Reply create(Exchange exchange, Account account, boolean secure)
      throws InterruptedException {
    return once.answer(
        exchange,
        account,
        asked -> {
          SandboxRequest wanted = request(Body.of(exchange), secure);
          HostedSandbox made = hosting.create(account, asked.map(wanted::asked).orElse(wanted));
          if (exchange.gone() && !Once.wanted(exchange)) {
            // Nobody will know its id.
            hosting.kill(account, made.id());
            throw new ClientGone("the client has left while its sandbox was made");
          }
          ObjectNode body = json.of(exchange, made);
          return new Once.Made(made, body, SandboxJson.endsAt(Reply.json(201, body), made));
        });
  }

  private static SandboxRequest request(Body body, boolean secureByDefault) {
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
    refuseUnknownParts(body);
    boolean secure = body.flag("secure", secureByDefault);
    SandboxNetwork network = SandboxNetwork.of(body, secure);
    SandboxRequest request =
        SandboxRequest.of(body.required("templateID"))
            .metadata(metadata)
            .envs(body.map("envVars"))
            .atEnd(pause, memory)
            .autoResume(resume)
            .secure(secure)
            .volumes(volumes(body))
            .privateTraffic(!network.publicTraffic())
            .httpsPorts(network.httpsPorts());
    if (network.egress().isPresent()) {
      request = request.egress(network.egress().get());
    }
    if (network.maskHost().isPresent()) {
      request = request.maskHost(network.maskHost().get());
    }
    Optional<Duration> timeout = body.seconds("timeout");
    if (timeout.isPresent()) {
      request = request.timeout(timeout.get());
    }
    String idle = metadata.get(IDLE);
    return idle == null ? request : request.idle(idle(idle));
  }

  /** The names of volumes by the paths where they shall be. */
  private static Map<String, String> volumes(Body body) {
    Map<String, String> namesByPath = new LinkedHashMap<>();
    for (Body each : body.objects("volumeMounts")) {
      String path = each.required("path");
      if (!path.startsWith("/") || path.length() > MOST_PATH || path.indexOf('\0') >= 0) {
        throw Failures.invalid("volumeMounts: path must be an absolute path such as /mnt/data");
      }
      String plain = Path.of(path).normalize().toString();
      if (namesByPath.put(plain, each.required("name")) != null) {
        throw Failures.invalid("volumeMounts: path '%s' is used twice".formatted(plain));
      }
    }
    return namesByPath;
  }

  /** What this server does not have; to leave it out in silence would be worse. */
  private static void refuseUnknownParts(Body body) {
    if (body.object("mcp").isPresent()) {
      throw Failures.invalid("mcp: there is no MCP gateway here; leave it out");
    }
    if (body.object("iam").isPresent()) {
      throw Failures.invalid("iam: no identity tokens are issued here; leave it out");
    }
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

  private Reply shown(int status, Exchange exchange, HostedSandbox sandbox) {
    return SandboxJson.endsAt(Reply.json(status, json.of(exchange, sandbox)), sandbox);
  }

  private Reply get(Exchange exchange, Account account) {
    return Reply.json(200, json.of(exchange, hosting.get(account, id(exchange))));
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
    return shown(connected.resumed() ? 201 : 200, exchange, connected.sandbox());
  }

  private Reply resume(Exchange exchange, Account account) throws InterruptedException {
    Duration least = Body.of(exchange).seconds("timeout").orElse(Hosting.DEFAULT_CONNECT);
    return shown(201, exchange, hosting.resume(account, id(exchange), least));
  }

  private Reply timeout(Exchange exchange, Account account) throws InterruptedException {
    Duration fromNow =
        Body.of(exchange)
            .seconds("timeout")
            .orElseThrow(() -> Failures.invalid("timeout is required"));
    requireAwake(account, id(exchange));
    hosting.setTimeout(account, id(exchange), fromNow);
    return Reply.empty(204);
  }

  /** Clients of some age try this first, and resume the sandbox when it is not found. */
  private void requireAwake(Account account, String id) {
    HostedSandbox sandbox = hosting.get(account, id);
    if (sandbox.paused() && !sandbox.wakes()) {
      throw Failures.notFound(
          "sandbox '%s' is paused; POST /sandboxes/%s/connect resumes it".formatted(id, id));
    }
  }

  /** Extends only; less than the least is the least. */
  private Reply refresh(Exchange exchange, Account account) throws InterruptedException {
    long seconds = Body.of(exchange).whole("duration").orElse(LEAST_REFRESH);
    if (seconds > MOST_REFRESH) {
      throw Failures.invalid("duration must be at most %d seconds".formatted(MOST_REFRESH));
    }
    requireAwake(account, id(exchange));
    hosting.extend(account, id(exchange), Duration.ofSeconds(Math.max(LEAST_REFRESH, seconds)));
    return Reply.empty(204);
  }

  /** Some clients put more behind the id. E2B wire 2.2. */
  public static String id(Exchange exchange) {
    String given = exchange.parameter("id");
    int dash = given.indexOf('-');
    String id = dash < 0 ? given : given.substring(0, dash);
    if (!id.matches("[a-z0-9]+")) {
      throw Failures.invalid("Invalid sandbox ID");
    }
    return id;
  }
}
