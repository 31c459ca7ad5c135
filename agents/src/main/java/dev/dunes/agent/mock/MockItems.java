package dev.dunes.agent.mock;

import dev.dunes.agent.AgentEvent;
import dev.dunes.agent.AgentEvent.PermissionStatus;
import dev.dunes.agent.AgentEvent.QuestionStatus;
import dev.dunes.agent.ContentPart;
import dev.dunes.agent.UniversalItem;
import dev.dunes.agent.UniversalItem.Kind;
import dev.dunes.agent.UniversalItem.Role;
import dev.dunes.agent.UniversalItem.Status;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Events of the mock agent, without ids: those are the session's. */
final class MockItems {
  private MockItems() {}

  static AgentEvent started(String id, Kind kind, Role role, ContentPart... parts) {
    return new AgentEvent.ItemStarted(item(id, kind, role, Status.IN_PROGRESS, parts));
  }

  static AgentEvent completed(String id, Kind kind, Role role, ContentPart... parts) {
    return new AgentEvent.ItemCompleted(item(id, kind, role, Status.COMPLETED, parts));
  }

  static AgentEvent failed(String id, Kind kind, Role role, ContentPart... parts) {
    return new AgentEvent.ItemCompleted(item(id, kind, role, Status.FAILED, parts));
  }

  static AgentEvent delta(String id, String text) {
    return new AgentEvent.ItemDelta("", Optional.of(id), text);
  }

  private static UniversalItem item(
      String id, Kind kind, Role role, Status status, ContentPart... parts) {
    return new UniversalItem(
        "", Optional.of(id), Optional.empty(), kind, Optional.of(role), List.of(parts), status);
  }

  static ContentPart text(String text) {
    return new ContentPart.Text(text);
  }

  static ContentPart file(String path, ContentPart.FileAction action, Optional<String> diff) {
    return new ContentPart.FileRef(path, action, diff);
  }

  static AgentEvent permission(String id, String action, ObjectNode metadata) {
    return new AgentEvent.PermissionRequested(
        id, action, PermissionStatus.REQUESTED, Optional.of(metadata));
  }

  static AgentEvent question(String id, String prompt, String... options) {
    return new AgentEvent.QuestionRequested(
        id, prompt, List.of(options), Optional.empty(), QuestionStatus.REQUESTED);
  }

  static ObjectNode json() {
    return JsonMapper.shared().createObjectNode();
  }
}
