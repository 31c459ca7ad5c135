package dev.dunes.server.acp;

import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What sort of thing a tool does, by its name. ACP, sheet 2.7. */
final class ToolKinds {
  /** The first word that is in a name decides. */
  private static final List<Map.Entry<String, String>> WORDS =
      List.of(
          Map.entry("todo", "think"),
          Map.entry("think", "think"),
          Map.entry("task", "think"),
          Map.entry("plan", "think"),
          Map.entry("web", "fetch"),
          Map.entry("fetch", "fetch"),
          Map.entry("http", "fetch"),
          Map.entry("search", "search"),
          Map.entry("grep", "search"),
          Map.entry("glob", "search"),
          Map.entry("find", "search"),
          Map.entry("delete", "delete"),
          Map.entry("remove", "delete"),
          Map.entry("move", "move"),
          Map.entry("rename", "move"),
          Map.entry("edit", "edit"),
          Map.entry("write", "edit"),
          Map.entry("patch", "edit"),
          Map.entry("create", "edit"),
          Map.entry("filechange", "edit"),
          Map.entry("file_change", "edit"),
          Map.entry("read", "read"),
          Map.entry("list", "read"),
          Map.entry("view", "read"),
          Map.entry("bash", "execute"),
          Map.entry("shell", "execute"),
          Map.entry("exec", "execute"),
          Map.entry("command", "execute"),
          Map.entry("run", "execute"));

  private ToolKinds() {}

  static String of(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    return WORDS.stream()
        .filter(word -> lower.contains(word.getKey()))
        .map(Map.Entry::getValue)
        .findFirst()
        .orElse("other");
  }
}
