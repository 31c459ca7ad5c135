package dev.dunes.session.engine;

import dev.dunes.agent.AgentEvent;
import dev.dunes.agent.ContentPart;
import dev.dunes.agent.UniversalItem;
import dev.dunes.agent.UniversalItem.Role;
import java.util.Locale;

/** Items and events of a session as Markdown. */
final class MarkdownItem {
  private MarkdownItem() {}

  static void write(UniversalItem item, StringBuilder text) {
    if (item.content().isEmpty()) {
      return;
    }
    String title =
        switch (item.kind()) {
          case MESSAGE -> item.role().map(MarkdownItem::name).orElse("Message");
          case TOOL_CALL -> "Tool";
          case TOOL_RESULT -> "Result";
          case SYSTEM -> "System";
          case STATUS -> "Status";
          case UNKNOWN -> "Other";
        };
    String failed = item.status() == UniversalItem.Status.FAILED ? " (failed)" : "";
    text.append("\n## ").append(title).append(failed).append("\n");
    item.content().forEach(part -> write(part, text));
  }

  private static String name(Role role) {
    String name = role.name().toLowerCase(Locale.ROOT);
    return name.substring(0, 1).toUpperCase(Locale.ROOT) + name.substring(1);
  }

  private static void write(ContentPart part, StringBuilder text) {
    text.append('\n');
    switch (part) {
      case ContentPart.Text words -> text.append(words.text()).append('\n');
      case ContentPart.Json json -> fence("json", json.json().toString(), text);
      case ContentPart.ToolCall call -> {
        text.append('`').append(call.name()).append("`\n\n");
        fence("json", call.arguments(), text);
      }
      case ContentPart.ToolResult result -> fence("", result.output(), text);
      case ContentPart.FileRef file -> {
        text.append(file.action().name().toLowerCase(Locale.ROOT))
            .append(" `")
            .append(file.path())
            .append("`\n");
        file.diff()
            .ifPresent(diff -> {
              text.append('\n');
              fence("diff", diff, text);
            });
      }
      case ContentPart.Reasoning thought ->
          text.append("> ").append(thought.text().replace("\n", "\n> ")).append('\n');
      case ContentPart.Image image -> text.append("![](").append(image.path()).append(")\n");
      case ContentPart.Status status ->
          text.append(status.label())
              .append(status.detail().map(detail -> ": " + detail).orElse(""))
              .append('\n');
    }
  }

  static void write(AgentEvent event, StringBuilder text) {
    switch (event) {
      case AgentEvent.Failed failed ->
          text.append("\n## Error\n\n").append(failed.message()).append('\n');
      case AgentEvent.PermissionRequested asked ->
          text.append("\n## Permission asked\n\n").append(asked.action()).append('\n');
      case AgentEvent.PermissionResolved decided ->
          text.append("\n## Permission ")
              .append(decided.status().name().toLowerCase(Locale.ROOT))
              .append("\n\n")
              .append(decided.action())
              .append('\n');
      case AgentEvent.QuestionRequested asked ->
          text.append("\n## Question\n\n").append(asked.prompt()).append('\n');
      case AgentEvent.QuestionResolved answered ->
          text.append("\n## Answer\n\n")
              .append(answered.response().orElse("(declined)"))
              .append('\n');
      case AgentEvent.SessionEnded ended ->
          text.append("\n---\n\nEnded: ")
              .append(ended.reason().name().toLowerCase(Locale.ROOT))
              .append('\n');
      case AgentEvent.Unparsed unparsed ->
          text.append("\n## Not understood\n\n").append(unparsed.error()).append('\n');
      case AgentEvent.SessionStarted _,
          AgentEvent.Turn _,
          AgentEvent.ItemStarted _,
          AgentEvent.ItemDelta _,
          AgentEvent.ItemCompleted _ -> {}
    }
  }

  private static void fence(String language, String code, StringBuilder text) {
    String fence = "```";
    while (code.contains(fence)) {
      fence += "`";
    }
    text.append(fence).append(language).append('\n').append(code);
    if (!code.endsWith("\n")) {
      text.append('\n');
    }
    text.append(fence).append('\n');
  }
}
