package dev.dunes.agent.claude;

import dev.dunes.agent.ContentPart;
import dev.dunes.agent.ContentPart.FileAction;
import dev.dunes.agent.ContentPart.FileRef;
import dev.dunes.agent.drive.Json;
import dev.dunes.agent.drive.RecentMap;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;

/** Which file a call of a tool has read, written or changed, and how. */
final class ToolFiles {
  /** A longer diff is left out. */
  private static final int DIFF_LIMIT = 256 << 10;

  private final RecentMap<Call> calls = new RecentMap<>(1024);

  private record Call(String tool, Optional<String> path) {}

  void called(String id, String tool, JsonNode input) {
    Optional<String> path =
        Json.text(input, "file_path").or(() -> Json.text(input, "notebook_path"));
    calls.put(id, new Call(tool, path));
  }

  /**
   * The files of a call that succeeded.
   *
   * @param result what the agent says about it beside its text
   */
  List<ContentPart> touched(String id, JsonNode result) {
    Optional<Call> call = calls.remove(id);
    Optional<String> path =
        Json.text(result, "filePath")
            .or(() -> Json.text(result.path("file"), "filePath"))
            .or(() -> call.flatMap(Call::path));
    if (call.isEmpty() || path.isEmpty()) {
      return List.of();
    }
    return switch (call.get().tool()) {
      case "Read" -> List.of(new FileRef(path.get(), FileAction.READ, Optional.empty()));
      case "Write" -> List.of(new FileRef(path.get(), FileAction.WRITE, written(result)));
      case "Edit", "MultiEdit", "NotebookEdit" ->
          List.of(new FileRef(path.get(), FileAction.PATCH, patch(result)));
      default -> List.of();
    };
  }

  private static Optional<String> written(JsonNode result) {
    if (!Json.text(result, "type", "").equals("create")) {
      return patch(result);
    }
    String contents = Json.text(result, "content", "");
    if (contents.isEmpty() || contents.length() > DIFF_LIMIT) {
      return Optional.empty();
    }
    return Optional.of(
        contents.lines().map(line -> "+" + line + "\n").collect(Collectors.joining()));
  }

  private static Optional<String> patch(JsonNode result) {
    StringBuilder diff = new StringBuilder();
    for (JsonNode hunk : result.path("structuredPatch")) {
      diff.append(
          "@@ -%d,%d +%d,%d @@\n"
              .formatted(
                  Json.number(hunk, "oldStart"),
                  Json.number(hunk, "oldLines"),
                  Json.number(hunk, "newStart"),
                  Json.number(hunk, "newLines")));
      for (JsonNode line : hunk.path("lines")) {
        if (line.isString()) {
          diff.append(line.asString()).append('\n');
        }
        if (diff.length() > DIFF_LIMIT) {
          return Optional.empty();
        }
      }
    }
    return diff.isEmpty() ? Optional.empty() : Optional.of(diff.toString());
  }
}
