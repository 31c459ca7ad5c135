package dev.dunes.cli;

import java.util.List;
import tools.jackson.databind.JsonNode;

/** What a tool is asked to do, in a few words. */
final class ToolView {
  private static final int LONGEST = 100;

  /** The members of a tool's input that say most, the first one that is there counts. */
  private static final List<String> TELLING =
      List.of(
          "command",
          "cmd",
          "file_path",
          "filePath",
          "path",
          "notebook_path",
          "pattern",
          "url",
          "query",
          "skill",
          "description",
          "prompt",
          "plan");

  private ToolView() {}

  /** One line, at most 100 characters; empty when there is nothing to say. */
  static String of(JsonNode input) {
    for (String member : TELLING) {
      String value = input.path(member).stringValue("");
      if (!value.isBlank()) {
        return shortened(value);
      }
    }
    String question = input.path("questions").path(0).path("question").asString("");
    if (!question.isEmpty()) {
      return shortened(question);
    }
    int tasks = input.path("todos").size();
    if (tasks > 0) {
      return tasks == 1 ? "1 task" : tasks + " tasks";
    }
    return input.isEmpty() ? "" : shortened(input.toString());
  }

  /** The first line of a text, cut. */
  static String shortened(String text) {
    String stripped = text.strip();
    int end = stripped.indexOf('\n');
    String line = end < 0 ? stripped : stripped.substring(0, end).stripTrailing() + " …";
    String shown = Printable.line(line);
    return shown.codePointCount(0, shown.length()) <= LONGEST
        ? shown
        : shown.substring(0, shown.offsetByCodePoints(0, LONGEST - 1)) + "…";
  }
}
