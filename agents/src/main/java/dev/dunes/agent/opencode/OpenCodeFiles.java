package dev.dunes.agent.opencode;

import dev.dunes.agent.ContentPart;
import dev.dunes.agent.ContentPart.FileAction;
import dev.dunes.agent.ContentPart.FileRef;
import dev.dunes.agent.drive.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;

/** Which files a call of a tool that succeeded has read, written or changed, and how. */
final class OpenCodeFiles {
  /** A longer diff is left out. */
  private static final int DIFF_LIMIT = 256 << 10;

  private static final int FILES_LIMIT = 200;

  private OpenCodeFiles() {}

  /**
   * The files of a call.
   *
   * @param state of the tool's part
   */
  static List<ContentPart> touched(String tool, JsonNode state) {
    JsonNode input = state.path("input");
    JsonNode about = state.path("metadata");
    Optional<String> path = Json.text(input, "filePath").or(() -> Json.text(about, "filepath"));
    return switch (tool) {
      case "read" -> file(path, FileAction.READ, Optional.empty());
      case "write" -> file(path, FileAction.WRITE, written(input, about));
      case "edit", "multiedit" -> file(path, FileAction.PATCH, diff(about, "diff"));
      case "patch", "apply_patch" -> patched(about);
      default -> List.of();
    };
  }

  private static List<ContentPart> file(
      Optional<String> path, FileAction action, Optional<String> diff) {
    return path.<List<ContentPart>>map(name -> List.of(new FileRef(name, action, diff)))
        .orElse(List.of());
  }

  private static List<ContentPart> patched(JsonNode about) {
    List<ContentPart> files = new ArrayList<>();
    for (JsonNode each : about.path("files")) {
      if (files.size() < FILES_LIMIT) {
        Json.text(each, "filePath")
            .ifPresent(path ->
                files.add(
                    new FileRef(
                        path, FileAction.PATCH, diff(each, "patch").or(() -> diff(each, "diff")))));
      }
    }
    return files;
  }

  /** Only of a file that was not there before it is known what is new. */
  private static Optional<String> written(JsonNode input, JsonNode about) {
    Optional<String> contents = Json.text(input, "content");
    if (Json.flag(about, "exists") || contents.isEmpty() || contents.get().length() > DIFF_LIMIT) {
      return diff(about, "diff");
    }
    return Optional.of(
        contents.get().lines().map(line -> "+" + line + "\n").collect(Collectors.joining()));
  }

  /** From its first hunk on: the names of files stand before it. */
  private static Optional<String> diff(JsonNode node, String key) {
    return Json.text(node, key)
        .filter(text -> text.length() <= DIFF_LIMIT)
        .map(text -> text.startsWith("@@") ? text : text.substring(text.indexOf("\n@@") + 1))
        .filter(text -> text.startsWith("@@"));
  }
}
