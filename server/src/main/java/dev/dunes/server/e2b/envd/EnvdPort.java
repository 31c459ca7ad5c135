package dev.dunes.server.e2b.envd;

import dev.dunes.hosting.HostedSandbox;
import dev.dunes.server.e2b.Gone;
import dev.dunes.server.e2b.PortCall;
import dev.dunes.server.e2b.SandboxPort;
import dev.dunes.server.e2b.connect.ConnectServer;
import dev.dunes.server.e2b.connect.Method;
import dev.dunes.server.http.Exchange;
import dev.dunes.server.http.HttpFailure;
import dev.dunes.server.http.Json;
import dev.dunes.server.http.Reply;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import tools.jackson.databind.node.ObjectNode;

/**
 * What an E2B sandbox answers at port 49983: {@code process.Process} and {@code
 * filesystem.Filesystem} over Connect, files and a few facts over plain HTTP. E2B wire 2.5 to 2.9.
 */
public final class EnvdPort implements SandboxPort {
  /** Where E2B's clients expect it. */
  public static final int PORT = 49983;

  private static final String UNAUTHORIZED =
      "unauthorized access, please provide a valid access token or method signing if supported";

  private final ConnectServer<EnvdCall> services =
      new ConnectServer<>(
          Stream.concat(
                  new ProcessService().methods().stream(),
                  new FilesystemService().methods().stream())
              .toList());
  private final FileRoutes files = new FileRoutes();
  private final FactRoutes facts = new FactRoutes();

  @Override
  public void admit(Exchange exchange, PortCall call) {
    Optional<String> token = call.sandbox().accessToken();
    switch (asked(exchange)) {
      case "GET /health" -> health(exchange, call.sandbox()); // says only that it lives
      case "GET /files", "POST /files" -> FileAccess.check(exchange, token);
      default -> {
        if (!shown(exchange, token)) {
          throw EnvdReplies.failure(401, UNAUTHORIZED);
        }
      }
    }
  }

  /** Whether it lives may be asked by everybody, but not so that it wakes for it. As with E2B. */
  private static void health(Exchange exchange, HostedSandbox sandbox) {
    if (sandbox.paused() && sandbox.wakes() && !shown(exchange, sandbox.accessToken())) {
      throw new HttpFailure(Gone.notWoken(exchange, sandbox.id()));
    }
  }

  private static boolean shown(Exchange exchange, Optional<String> token) {
    return token.isEmpty()
        || exchange
            .header("x-access-token")
            .filter(shown -> FileAccess.same(shown, token.get()))
            .isPresent();
  }

  private static String asked(Exchange exchange) {
    return exchange.method() + " " + exchange.path();
  }

  @Override
  public void serve(Exchange exchange, PortCall call) throws InterruptedException {
    String asked = asked(exchange);
    switch (asked) {
      case "GET /health" -> facts.health(exchange, call);
      case "GET /files" -> files.read(exchange, call);
      case "POST /files" -> files.write(exchange, call);
      default -> other(asked, exchange, call);
    }
  }

  private void other(String asked, Exchange exchange, PortCall call) throws InterruptedException {
    Optional<Method<EnvdCall>> method = services.find(exchange.path());
    if (method.isPresent()) {
      services.serve(
          exchange,
          method.get(),
          LegacyClient.headers(exchange),
          (request, times) -> new EnvdCall(request, times, call));
      return;
    }
    switch (asked) {
      case "GET /metrics" -> facts.metrics(exchange, call);
      case "GET /envs" -> facts.envs(exchange, call);
      case "POST /files/compose" -> files.compose(exchange, call);
      default -> exchange.send(unknown(exchange));
    }
  }

  /**
   * Names what was asked for and who asked: an SDK may be newer than this server. E2B wire 4, 11.
   */
  private static Reply unknown(Exchange exchange) {
    String message =
        "there is no %s %s here".formatted(exchange.method(), exchange.path())
            + exchange
                .header("user-agent")
                .map(", which %s asked for; use another version of it"::formatted)
                .orElse("");
    ObjectNode body =
        Json.object().put("message", message).put("path", exchange.path()).put("code", 404);
    return new Reply(404, Map.of("content-type", "application/json"), Json.bytes(body));
  }
}
