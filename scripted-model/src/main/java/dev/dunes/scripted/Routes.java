package dev.dunes.scripted;

import static dev.dunes.scripted.Protocol.object;

import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Which request gets which answer. */
final class Routes {
  private static final Protocol MESSAGES = new AnthropicMessages();
  private static final Protocol RESPONSES = new OpenAiResponses();
  private static final Protocol CHAT = new ChatCompletions();
  private static final Protocol GEMINI = new Gemini();

  /** As long as any client waits. */
  private static final Duration STALL = Duration.ofMinutes(30);

  private final ScriptedModel model;
  private final Control control;

  Routes(ScriptedModel model) {
    this.model = model;
    this.control = new Control(model);
  }

  /** The connection is to be cut. */
  static final class CutException extends RuntimeException {
    CutException() {
      super("cut");
    }
  }

  /** Records a request, unless it is one to us. */
  Recording begin(HttpRequest request) {
    return Control.isFor(request)
        ? new Recording(request, () -> {})
        : model.recordings().begin(request);
  }

  void answer(HttpRequest request, HttpWriter writer, Recording recording)
      throws IOException, InterruptedException {
    String path = request.path();
    if (Control.isFor(request)) {
      control.answer(request, writer);
      return;
    }
    Optional<Protocol> protocol = protocol(request.method(), path);
    if (protocol.isPresent()) {
      converse(protocol.get(), request, writer, recording);
      return;
    }
    Optional<ObjectNode> document = document(request.method(), path);
    if (document.isEmpty()) {
      model.countUnknown();
    }
    int status = document.isPresent() ? 200 : 404;
    recording.answeredWith(status);
    writer.answer(status, Map.of(), document.orElseGet(() -> Errors.body(404, "no such route")));
  }

  /** The protocol of a request for an answer of the model. Bases differ, so the end decides. */
  private static Optional<Protocol> protocol(String method, String path) {
    if (!method.equals("POST")) {
      return Optional.empty();
    }
    if (path.endsWith("/messages")) {
      return Optional.of(MESSAGES);
    }
    if (path.endsWith("/responses")) {
      return Optional.of(RESPONSES);
    }
    if (path.endsWith("/chat/completions")) {
      return Optional.of(CHAT);
    }
    if (path.contains("/models/")
        && (path.endsWith(":generateContent") || path.endsWith(":streamGenerateContent"))) {
      return Optional.of(GEMINI);
    }
    return Optional.empty();
  }

  /** The answer to a request that is not for the model itself. */
  private static Optional<ObjectNode> document(String method, String path) {
    if (method.equals("POST") && path.endsWith("/messages/count_tokens")) {
      return Optional.of(object().put("input_tokens", Protocol.INPUT_TOKENS));
    }
    if (method.equals("POST") && path.contains("/models/") && path.endsWith(":countTokens")) {
      return Optional.of(object().put("totalTokens", Protocol.INPUT_TOKENS));
    }
    if (method.equals("GET") && path.endsWith("/models")) {
      ObjectNode models = object().put("object", "list");
      models
          .putArray("data")
          .addObject()
          .put("id", "scripted-1")
          .put("object", "model")
          .put("created", 1)
          .put("owned_by", "x");
      return Optional.of(models);
    }
    boolean look = method.equals("GET") || method.equals("HEAD");
    return look && (path.equals("/") || path.equals("/health"))
        ? Optional.of(object().put("status", "ok"))
        : Optional.empty();
  }

  private void converse(
      Protocol protocol, HttpRequest request, HttpWriter writer, Recording recording)
      throws IOException, InterruptedException {
    Thread.sleep(model.latency());
    Optional<Fault> fault = model.faults().take();
    if (fault.orElse(null) instanceof Fault.Status status) {
      fail(writer, recording, status);
      return;
    }
    JsonNode body;
    try {
      body = JsonMapper.shared().readTree(request.body());
    } catch (JacksonException e) {
      recording.answeredWith(400);
      writer.answer(400, Map.of(), Errors.body(400, "the body is not JSON"));
      return;
    }
    ModelRequest asked = protocol.read(request.path(), body);
    Reply reply = model.reply(protocol, asked);
    recording.played(reply.scenario(), reply.step());
    if (reply.refusal() != 0) {
      fail(writer, recording, new Fault.Status(reply.refusal(), Optional.empty(), false));
      return;
    }
    if (fault.orElse(null) instanceof Fault.Cut cut && cut.afterEvents() == 0) {
      throw new CutException();
    }
    recording.answeredWith(200);
    Map<String, String> headers = Map.of("request-id", reply.ids().next("req_"));
    if (!asked.stream()) {
      breakBefore(fault, 0);
      writer.answer(200, headers, protocol.whole(reply));
      return;
    }
    writer.begin(headers);
    stream(protocol, protocol.stream(reply, body), writer, fault);
  }

  private static void stream(
      Protocol protocol, List<ServerEvent> events, HttpWriter writer, Optional<Fault> fault)
      throws IOException, InterruptedException {
    for (int sent = 0; sent < events.size(); sent++) {
      if (fault.orElse(null) instanceof Fault.ErrorInStream error && error.afterEvents() == sent) {
        writer.event(protocol.overloaded());
        writer.end();
        return;
      }
      breakBefore(fault, sent);
      ServerEvent event = events.get(sent);
      Thread.sleep(event.pause());
      writer.event(event);
    }
    writer.end();
  }

  private static void breakBefore(Optional<Fault> fault, int sent) throws InterruptedException {
    switch (fault.orElse(null)) {
      case Fault.Cut cut when cut.afterEvents() <= sent -> throw new CutException();
      case Fault.Stall stall when stall.afterEvents() <= sent -> {
        if (!new CountDownLatch(1).await(STALL.toMillis(), TimeUnit.MILLISECONDS)) {
          throw new CutException();
        }
      }
      case null, default -> {
        // nothing goes wrong here
      }
    }
  }

  private static void fail(HttpWriter writer, Recording recording, Fault.Status fault)
      throws IOException {
    Map<String, String> headers = new HashMap<>();
    headers.put("request-id", "req_scripted");
    fault
        .retryAfter()
        .ifPresent(wait -> headers.put("retry-after", Long.toString(wait.toSeconds())));
    if (fault.hopeless()) {
      headers.put("x-should-retry", "false");
    }
    recording.answeredWith(fault.status());
    writer.answer(fault.status(), headers, Errors.scripted(fault.status()));
  }
}
