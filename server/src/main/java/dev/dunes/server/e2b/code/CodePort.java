package dev.dunes.server.e2b.code;

import static dev.dunes.server.e2b.code.ExecuteBody.refused;

import dev.dunes.hosting.Hosting;
import dev.dunes.hosting.OpenSandbox;
import dev.dunes.server.e2b.PortCall;
import dev.dunes.server.e2b.SandboxPort;
import dev.dunes.server.e2b.proxy.Admission;
import dev.dunes.server.http.Exchange;
import dev.dunes.server.http.HttpFailure;
import dev.dunes.server.http.Json;
import dev.dunes.server.http.Reply;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Port 49999 of a sandbox: runs code in contexts that last. E2B wire 2.10. */
public final class CodePort implements SandboxPort {
  private static final long MOST_BODY = 32L << 20;
  private static final String CONTEXTS = "/contexts";
  private static final String RESTART = "/restart";

  private final Map<String, Contexts> sandboxes = new ConcurrentHashMap<>();

  /**
   * Ports that are not open to all want the token for ports. Of a secure sandbox clients send the
   * other token with code, and nowhere else. E2B wire 2.10.
   */
  @Override
  public void admit(Exchange exchange, PortCall call) {
    Admission.check(exchange, call);
    if (exchange.path().equals("/execute")) {
      checkToken(exchange, call);
    }
  }

  @Override
  public void serve(Exchange exchange, PortCall call) throws InterruptedException {
    try {
      answer(exchange, call);
    } catch (KernelException e) {
      throw refused(500, String.valueOf(e.getMessage()));
    }
  }

  private void answer(Exchange exchange, PortCall call) throws InterruptedException {
    String path = exchange.path();
    String route =
        exchange.method() + " " + (path.startsWith(CONTEXTS + "/") ? "/contexts/" : path);
    switch (route) {
      case "GET /health" -> exchange.send(Reply.json(200, Json.MAPPER.valueToTree("OK")));
      case "POST /execute" -> execute(exchange, call);
      case "GET /contexts" -> exchange.send(list(call));
      case "POST /contexts" -> exchange.send(create(exchange, call));
      case "DELETE /contexts/" -> {
        String id = path.substring(CONTEXTS.length() + 1);
        if (!contexts(call).remove(id)) {
          throw unknown(id);
        }
        exchange.send(Reply.json(200, Json.MAPPER.nullNode()));
      }
      case "POST /contexts/" -> exchange.send(restart(path, call));
      default ->
          throw refused(
              404,
              "there is no %s %s; there are POST /execute, /contexts and GET /health"
                  .formatted(exchange.method(), path));
    }
  }

  private void execute(Exchange exchange, PortCall call) throws InterruptedException {
    ExecuteBody body = ExecuteBody.of(exchange.body(MOST_BODY));
    Optional<Language> language = body.language().map(CodePort::language);
    call.<Optional<String>>use(open -> {
      CodeContext context = context(call, open, body, language);
      if (context.language() == Language.BASH && body.code().indexOf('\0') >= 0) {
        throw refused(400, "code for bash cannot have NUL characters; remove them");
      }
      new Execution(exchange, call, open, context, body).answer();
      return Optional.empty();
    });
  }

  private static void checkToken(Exchange exchange, PortCall call) {
    Optional<String> token = call.sandbox().accessToken();
    if (token.isPresent()) {
      byte[] shown = exchange.header("x-access-token").orElse("").getBytes(StandardCharsets.UTF_8);
      if (!MessageDigest.isEqual(token.get().getBytes(StandardCharsets.UTF_8), shown)) {
        throw refused(
            401, "the sandbox is secure: send its envdAccessToken in the header X-Access-Token");
      }
    }
  }

  private CodeContext context(
      PortCall call, OpenSandbox open, ExecuteBody body, Optional<Language> language) {
    Contexts all = contexts(call);
    if (body.context().isEmpty()) {
      return all.usual(language.orElse(Language.PYTHON));
    }
    String id = body.context().get();
    all.list(open.sandbox());
    return all.find(id).orElseThrow(() -> unknown(id));
  }

  private static Language language(String name) {
    return Language.of(name)
        .orElseThrow(() ->
            new KernelException(
                "code in '%s' cannot be run here, it has no kernel%s; there are %s"
                    .formatted(
                        name,
                        Language.otherwise(name).map(": "::concat).orElse(""),
                        Language.all())));
  }

  private Reply list(PortCall call) throws InterruptedException {
    ArrayNode rows = Json.MAPPER.createArrayNode();
    call.use(open -> contexts(call).list(open.sandbox())).forEach(one -> rows.add(json(one)));
    return Reply.json(200, rows);
  }

  private Reply create(Exchange exchange, PortCall call) throws InterruptedException {
    ObjectNode body = ExecuteBody.object(exchange.body(MOST_BODY));
    Language language = language(ExecuteBody.text(body, "language").orElse("python"));
    String cwd = ExecuteBody.text(body, "cwd").orElse(Contexts.HOME);
    if (!cwd.startsWith("/") || cwd.indexOf('\0') >= 0) {
      throw refused(400, "cwd must be an absolute path");
    }
    return call.use(
        open -> Reply.json(200, json(contexts(call).create(open.sandbox(), language, cwd))));
  }

  private Reply restart(String path, PortCall call) throws InterruptedException {
    String id =
        path.endsWith(RESTART)
            ? path.substring(
                CONTEXTS.length() + 1, Math.max(CONTEXTS.length() + 1, path.length() - 8))
            : "";
    CodeContext context = contexts(call).find(id).orElseThrow(() -> unknown(id));
    return call.use(open -> {
      context.restart(open.sandbox());
      return Reply.json(200, Json.MAPPER.nullNode());
    });
  }

  private static HttpFailure unknown(String id) {
    return refused(404, "Context %s not found".formatted(id));
  }

  private static ObjectNode json(CodeContext context) {
    return Json.object()
        .put("id", context.id())
        .put("language", context.language().id())
        .put("cwd", context.cwd());
  }

  private Contexts contexts(PortCall call) {
    Contexts known = sandboxes.get(call.sandbox().id());
    if (known != null) {
      return known;
    }
    forgetEnded(call.hosting());
    return sandboxes.computeIfAbsent(call.sandbox().id(), id -> new Contexts());
  }

  /** Kernels end with their sandboxes by themselves; what is known about them is forgotten here. */
  private void forgetEnded(Hosting hosting) {
    Set<String> there =
        hosting.everywhere().map(found -> found.sandbox().id()).collect(Collectors.toSet());
    sandboxes.forEach((id, contexts) -> {
      if (!there.contains(id) && sandboxes.remove(id, contexts)) {
        contexts.close();
      }
    });
  }
}
