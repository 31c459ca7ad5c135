package dev.dunes.agent.acp;

import dev.dunes.agent.PermissionPolicy;
import dev.dunes.agent.PermissionReply;
import dev.dunes.agent.drive.Json;
import dev.dunes.agent.drive.JsonRpcMessage;
import dev.dunes.agent.drive.JsonRpcPeer;
import dev.dunes.agent.drive.OpenAsks;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.StreamSupport;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What an ACP agent asks: permissions, answered by the kind of an option, never by its id; and
 * forms. Safe for use by several threads.
 */
final class AcpAsks {
  static final String PERMISSION = "session/request_permission";
  static final String QUESTION = "elicitation/create";

  /** The requests that are served. */
  static final Set<String> SERVED = Set.of(PERMISSION, QUESTION);

  /** Kinds of tools that change nothing. ACP schema, {@code ToolKind}. */
  private static final Set<String> LOOKING = Set.of("read", "search", "think", "fetch");

  private static final int ALWAYS_LIMIT = 1000;

  /** Longer inputs are not remembered. */
  private static final int LONGEST_INPUT = 16 << 10;

  private final JsonRpcPeer peer;
  private final OpenAsks open;
  private final PermissionPolicy policy;
  private final Set<String> always = ConcurrentHashMap.newKeySet();

  /** What to answer to those that wait when the turn is cancelled, by our ids. */
  private final Map<String, JsonRpcMessage.Request> waiting = new ConcurrentHashMap<>();

  AcpAsks(JsonRpcPeer peer, OpenAsks open, PermissionPolicy policy) {
    this.peer = peer;
    this.open = open;
    this.policy = policy;
  }

  /** The agent asks whether it may use this tool. */
  void permission(JsonRpcMessage.Request request, AcpTool tool, boolean cancelled) {
    JsonNode options = request.params().path("options");
    if (cancelled) {
      peer.answer(request.id(), cancelledPermission());
      return;
    }
    Optional<PermissionReply> decided =
        switch (policy) {
          case ALLOW -> Optional.of(PermissionReply.ONCE);
          case READ_ONLY ->
              Optional.of(
                  LOOKING.contains(tool.kind()) ? PermissionReply.ONCE : PermissionReply.REJECT);
          case ASK ->
              always.contains(tool.name()) || same(request).filter(always::contains).isPresent()
                  ? Optional.of(PermissionReply.ONCE)
                  : Optional.empty();
        };
    if (decided.isPresent()) {
      peer.answer(request.id(), answer(options, decided.get()));
      return;
    }
    String id = id(request);
    String action = tool.name();
    ObjectNode metadata = Json.object();
    request
        .params()
        .forEachEntry((key, value) -> {
          if (!key.equals("sessionId")) {
            metadata.set(key, value);
          }
        });
    waiting.put(id, request);
    open.permission(
        id,
        action,
        metadata,
        reply -> {
          peer.answer(request.id(), answer(options, reply));
          if (reply == PermissionReply.ALWAYS && always.size() < ALWAYS_LIMIT) {
            // What "always" covers is the agent's to say, where it has it; some ask again all the
            // same, and for the very same call it is remembered here.
            if (kind(options, "allow_always").isEmpty()) {
              always.add(action);
            } else {
              same(request).ifPresent(always::add);
            }
          }
          forget(id);
        });
  }

  /** What stands for this call with this input and for no other; empty for one without input. */
  private static Optional<String> same(JsonRpcMessage.Request request) {
    JsonNode call = request.params().path("toolCall");
    String input = call.path("rawInput").toString();
    return call.path("rawInput").isObject() && input.length() <= LONGEST_INPUT
        ? Optional.of(Json.text(call, "title", "") + '\0' + input)
        : Optional.empty();
  }

  private static JsonNode answer(JsonNode options, PermissionReply reply) {
    List<String> kinds =
        switch (reply) {
          case ONCE -> List.of("allow_once", "allow_always");
          case ALWAYS -> List.of("allow_always", "allow_once");
          case REJECT -> List.of("reject_once", "reject_always");
        };
    return kinds.stream()
        .flatMap(kind -> kind(options, kind).stream())
        .findFirst()
        .map(AcpAsks::selected)
        .orElseGet(AcpAsks::cancelledPermission);
  }

  /** The first of its kind: some agents have several that allow always, from narrow to wide. */
  private static Optional<String> kind(JsonNode options, String kind) {
    return StreamSupport.stream(options.spliterator(), false)
        .filter(option -> Json.text(option, "kind", "").equals(kind))
        .flatMap(option -> Json.text(option, "optionId").stream())
        .findFirst();
  }

  private static ObjectNode selected(String option) {
    ObjectNode answer = Json.object();
    answer.putObject("outcome").put("outcome", "selected").put("optionId", option);
    return answer;
  }

  private static ObjectNode cancelledPermission() {
    ObjectNode answer = Json.object();
    answer.putObject("outcome").put("outcome", "cancelled");
    return answer;
  }

  /** The agent asks questions. */
  void questions(JsonRpcMessage.Request request, boolean cancelled) {
    AcpQuestions form = new AcpQuestions(request.params());
    boolean understood =
        Json.text(request.params(), "mode", "form").equals("form") && !form.questions().isEmpty();
    if (cancelled) {
      peer.answer(request.id(), action("cancel"));
      return;
    }
    if (isApproval(request.params())) {
      approval(request);
      return;
    }
    if (!understood || policy != PermissionPolicy.ASK) {
      peer.answer(request.id(), action("decline"));
      return;
    }
    String id = id(request);
    waiting.put(id, request);
    open.questions(
        id,
        form.questions(),
        new OpenAsks.QuestionAnswer() {
          @Override
          public void answered(List<List<String>> answers) {
            peer.answer(request.id(), action("accept").set("content", form.content(answers)));
            forget(id);
          }

          @Override
          public void rejected() {
            peer.answer(request.id(), action("decline"));
            forget(id);
          }
        });
  }

  /** A form without fields asks for nothing but a yes. */
  private static boolean isApproval(JsonNode params) {
    JsonNode schema = params.path("requestedSchema");
    return Json.text(params, "mode", "form").equals("form")
        && schema.isObject()
        && schema.path("properties").isEmpty();
  }

  private void approval(JsonRpcMessage.Request request) {
    switch (policy) {
      case ALLOW -> peer.answer(request.id(), accepted());
      case READ_ONLY -> peer.answer(request.id(), action("decline"));
      case ASK -> {
        String id = id(request);
        waiting.put(id, request);
        open.permission(
            id,
            Json.text(request.params(), "message", "approval"),
            request.params(),
            reply -> {
              peer.answer(
                  request.id(), reply == PermissionReply.REJECT ? action("decline") : accepted());
              forget(id);
            });
      }
    }
  }

  private static ObjectNode accepted() {
    ObjectNode answer = action("accept");
    answer.putObject("content");
    return answer;
  }

  private static ObjectNode action(String action) {
    return Json.object().put("action", action);
  }

  private static String id(JsonRpcMessage.Request request) {
    return "acp-" + request.id().asString("");
  }

  private void forget(String id) {
    waiting.remove(id);
  }

  /** The turn is cancelled: nobody will answer what waits. */
  void cancel() {
    waiting.forEach((id, request) -> {
      if (waiting.remove(id, request)) {
        boolean permission = request.method().equals(PERMISSION);
        peer.answer(request.id(), permission ? cancelledPermission() : action("cancel"));
        open.withdrawn(id);
      }
    });
  }
}
