package dev.dunes.agent.codex;

import dev.dunes.agent.PermissionPolicy;
import dev.dunes.agent.PermissionReply;
import dev.dunes.agent.drive.Json;
import dev.dunes.agent.drive.JsonRpcMessage;
import dev.dunes.agent.drive.JsonRpcPeer;
import dev.dunes.agent.drive.OpenAsks;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What Codex asks: whether it may run a command, change files or use a tool of an MCP server, and
 * questions of its own. Each is answered by the user, or by the policy when nobody is asked. Sheet
 * "driving agents", 2.4.
 */
final class CodexAsks {
  private static final String COMMAND = "item/commandExecution/requestApproval";
  private static final String FILES = "item/fileChange/requestApproval";
  private static final String MCP = "mcpServer/elicitation/request";
  private static final String QUESTION = "item/tool/requestUserInput";

  /** The requests that are answered here. */
  static final Set<String> SERVED = Set.of(COMMAND, FILES, MCP, QUESTION);

  private final JsonRpcPeer peer;
  private final OpenAsks open;
  private final PermissionPolicy policy;

  /** Our name of each request of Codex that is open, by its own. */
  private final Map<String, String> names = new ConcurrentHashMap<>();

  CodexAsks(JsonRpcPeer peer, OpenAsks open, PermissionPolicy policy) {
    this.peer = peer;
    this.open = open;
    this.policy = policy;
  }

  void asked(JsonRpcMessage.Request request) {
    // Its numbers begin anew with each process; with the item's id they do not.
    String about =
        Json.text(request.params(), "itemId")
            .or(() -> Json.text(request.params(), "turnId"))
            .orElse("request");
    String id = about + "-" + request.id().asString();
    switch (request.method()) {
      case COMMAND -> approval(id, request, "command_execution", "commandExecution");
      case FILES -> approval(id, request, "file_change", "fileChange");
      case MCP -> mcp(id, request);
      case QUESTION -> questions(id, request);
      default ->
          peer.refuse(request.id(), JsonRpcPeer.METHOD_NOT_FOUND, "nobody answers this here");
    }
  }

  private void approval(String id, JsonRpcMessage.Request request, String action, String kind) {
    permission(
        id,
        request,
        action,
        kind,
        reply ->
            Json.object()
                .put(
                    "decision",
                    switch (reply) {
                      case ONCE -> "accept";
                      case ALWAYS -> "acceptForSession";
                      case REJECT -> "decline";
                    }));
  }

  /** A tool of an MCP server, or a question of the server itself, which nobody can answer here. */
  private void mcp(String id, JsonRpcMessage.Request request) {
    JsonNode about = request.params().path("_meta");
    if (!Json.text(about, "codex_approval_kind", "").equals("mcp_tool_call")) {
      peer.answer(request.id(), Json.object().put("action", "decline").putNull("content"));
      return;
    }
    permission(
        id,
        request,
        "mcp_tool_call",
        "mcpToolCall",
        reply -> {
          ObjectNode answer = Json.object();
          if (reply == PermissionReply.REJECT) {
            return answer.put("action", "decline").putNull("content");
          }
          answer.put("action", "accept").putObject("content");
          if (reply == PermissionReply.ALWAYS) {
            answer.putObject("_meta").put("persist", "session");
          }
          return answer;
        });
  }

  private interface Answer {
    JsonNode to(PermissionReply reply);
  }

  private void permission(
      String id, JsonRpcMessage.Request request, String action, String kind, Answer answer) {
    switch (policy) {
      case ALLOW -> peer.answer(request.id(), answer.to(PermissionReply.ONCE));
      case READ_ONLY -> {
        boolean looks =
            request.method().equals(COMMAND)
                && LookingCommands.only(request.params().path("proposedExecpolicyAmendment"));
        peer.answer(request.id(), answer.to(looks ? PermissionReply.ONCE : PermissionReply.REJECT));
      }
      case ASK -> {
        ObjectNode metadata = Json.object().put("codexRequestKind", kind);
        request.params().forEachEntry(metadata::set);
        names.put(request.id().toString(), id);
        open.permission(id, action, metadata, reply -> answer(request.id(), answer.to(reply)));
      }
    }
  }

  private void questions(String id, JsonRpcMessage.Request request) {
    List<String> ids = new ArrayList<>();
    List<OpenAsks.Question> questions = new ArrayList<>();
    for (JsonNode each : request.params().path("questions")) {
      List<String> options = new ArrayList<>();
      each.path("options").forEach(option -> options.add(Json.text(option, "label", "")));
      ids.add(Json.text(each, "id", ""));
      questions.add(new OpenAsks.Question(Json.text(each, "question", ""), options));
    }
    if (questions.isEmpty() || policy == PermissionPolicy.ALLOW) {
      peer.answer(request.id(), answers(ids, List.of()));
      return;
    }
    names.put(request.id().toString(), id);
    open.questions(
        id,
        questions,
        new OpenAsks.QuestionAnswer() {
          @Override
          public void answered(List<List<String>> answers) {
            answer(request.id(), answers(ids, answers));
          }

          @Override
          public void rejected() {
            answer(request.id(), answers(ids, List.of()));
          }
        });
  }

  /** Without answers: the user declined. */
  private static ObjectNode answers(List<String> ids, List<List<String>> answers) {
    ObjectNode result = Json.object();
    ObjectNode byId = result.putObject("answers");
    for (int i = 0; i < Math.min(ids.size(), answers.size()); i++) {
      var chosen = byId.putObject(ids.get(i)).putArray("answers");
      answers.get(i).forEach(chosen::add);
    }
    return result;
  }

  private void answer(JsonNode requestId, JsonNode result) {
    peer.answer(requestId, result);
    names.remove(requestId.toString());
  }

  /** {@code serverRequest/resolved}: answered, as we know, or withdrawn. */
  void resolved(JsonNode requestId) {
    peer.forget(requestId);
    Optional.ofNullable(names.remove(requestId.toString())).ifPresent(open::withdrawn);
  }

  /** Nobody waits any longer: the turn is over, or the agent is gone. */
  void endAll() {
    names.clear();
    open.endAll();
  }
}
