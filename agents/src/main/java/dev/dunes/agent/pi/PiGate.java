package dev.dunes.agent.pi;

import dev.dunes.agent.PermissionPolicy;
import dev.dunes.agent.PermissionReply;
import dev.dunes.agent.drive.Json;
import dev.dunes.agent.drive.OpenAsks;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What our extension asks before each call of a tool. pi itself remembers nothing: a tool that is
 * allowed always is remembered here. Other dialogs are closed at once. Safe for use by several
 * threads.
 */
final class PiGate {
  private static final int LIMIT = 200;
  private static final Set<String> DIALOGS = Set.of("select", "confirm", "input", "editor");

  private final OpenAsks open;
  private final Consumer<String> write;
  private final PermissionPolicy policy;
  private final Set<String> always = ConcurrentHashMap.newKeySet();
  private final Map<String, Boolean> waiting = new ConcurrentHashMap<>();

  PiGate(OpenAsks open, Consumer<String> write, PermissionPolicy policy) {
    this.open = open;
    this.write = write;
    this.policy = policy;
  }

  /**
   * A dialog.
   *
   * @param late whether nobody is to be asked any more
   */
  void asked(JsonNode request, boolean late) {
    String id = Json.text(request, "id", "");
    String method = Json.text(request, "method", "");
    if (!DIALOGS.contains(method)) {
      return; // waits for no answer
    }
    Optional<JsonNode> call = method.equals("select") ? call(request) : Optional.empty();
    if (call.isEmpty() || late || policy != PermissionPolicy.ASK || waiting.size() >= LIMIT) {
      answer(id, answer -> answer.put("cancelled", true));
      return;
    }
    String tool = Json.text(call.get(), "tool", "");
    if (always.contains(tool)) {
      answer(id, answer -> answer.put("value", "once"));
      return;
    }
    waiting.put(id, true);
    open.permission(
        id,
        tool,
        call.get(),
        reply -> {
          waiting.remove(id);
          if (reply == PermissionReply.ALWAYS && always.size() < LIMIT) {
            always.add(tool);
          }
          String value =
              switch (reply) {
                case ONCE -> "once";
                case ALWAYS -> "always";
                case REJECT -> "reject";
              };
          answer(id, answer -> answer.put("value", value));
        });
  }

  /** What our extension wrote into the title. */
  private static Optional<JsonNode> call(JsonNode request) {
    try {
      return Json.text(request, "title")
          .map(Json.MAPPER::readTree)
          .filter(title -> Json.text(title, "toolCallId").isPresent());
    } catch (JacksonException e) {
      return Optional.empty();
    }
  }

  private void answer(String id, Consumer<ObjectNode> how) {
    ObjectNode answer = Json.object().put("type", "extension_ui_response").put("id", id);
    how.accept(answer);
    write.accept(answer.toString());
  }

  /** Nobody will answer what waits. */
  void cancel() {
    for (String id : waiting.keySet()) {
      if (waiting.remove(id) != null) {
        answer(id, answer -> answer.put("cancelled", true));
        open.withdrawn(id);
      }
    }
  }
}
