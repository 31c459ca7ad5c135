package dev.dunes.cli;

import dev.dunes.agent.AgentEvent;
import dev.dunes.agent.ContentPart;
import dev.dunes.agent.UniversalItem;
import dev.dunes.session.SessionEvent;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Shows the events of a session: what the agent says on standard output, all else beside it. On a
 * terminal words appear as they are written. For one thread at a time.
 */
final class SessionView {
  private static final int RESULT_LINES = 3;

  /** How many messages may be half written at once; of more, the oldest is shown when complete. */
  private static final int MOST_OPEN = 64;

  private final Console console;
  private final Style style;

  /** Messages of the agent that have begun. */
  private final Set<String> open = new HashSet<>();

  /** The message whose words stand at the end of the terminal; empty for none. */
  private String writing = "";

  SessionView(Console console) {
    this.console = console;
    this.style = console.errorStyle();
  }

  /** Shows one event. */
  void show(SessionEvent event) {
    AgentEvent data;
    try {
      data = event.event().data();
    } catch (IllegalArgumentException | JacksonException e) {
      say(style.yellow("event %d is of a kind that is not known here".formatted(event.sequence())));
      return;
    }
    switch (data) {
      case AgentEvent.SessionStarted started -> started(started);
      case AgentEvent.SessionEnded ended -> ended(ended);
      case AgentEvent.ItemStarted started -> began(started.item());
      case AgentEvent.ItemDelta delta -> delta(delta);
      case AgentEvent.ItemCompleted completed -> completed(completed.item());
      case AgentEvent.Failed failed -> say(style.red("Error: " + Printable.line(failed.message())));
      case AgentEvent.PermissionRequested asked ->
          say(style.bold("[permission: " + Printable.line(asked.action()) + "]") + what(asked));
      case AgentEvent.PermissionResolved resolved ->
          say(style.dim("[permission: %s]".formatted(word(resolved.status()))));
      case AgentEvent.QuestionRequested asked -> question(asked);
      case AgentEvent.QuestionResolved resolved ->
          say(
              style.dim(
                  "[question: %s]"
                      .formatted(
                          resolved
                              .response()
                              .map(Printable::line)
                              .orElseGet(() -> word(resolved.status())))));
      case AgentEvent.Unparsed unparsed ->
          say(style.yellow("not understood: " + Printable.line(unparsed.error())));
      case AgentEvent.Turn turn -> {
        // its messages say it
      }
    }
  }

  private static String word(Enum<?> status) {
    return status.name().toLowerCase(java.util.Locale.ROOT);
  }

  private void started(AgentEvent.SessionStarted started) {
    JsonNode metadata = started.metadata().orElse(JsonMapper.shared().nullNode());
    List<String> facts = new ArrayList<>();
    for (String member : List.of("agent", "agentMode", "model")) {
      Optional.ofNullable(metadata.path(member).stringValue(null)).ifPresent(facts::add);
    }
    say(style.dim("--- session: " + Printable.line(String.join(", ", facts)) + " ---"));
  }

  private void ended(AgentEvent.SessionEnded ended) {
    String line = "--- session ended: %s ---".formatted(word(ended.reason()));
    say(ended.reason() == AgentEvent.EndReason.ERROR ? style.red(line) : style.dim(line));
  }

  private static boolean isOfTheAgent(UniversalItem item) {
    return item.kind() == UniversalItem.Kind.MESSAGE
        && item.role().filter(role -> role == UniversalItem.Role.ASSISTANT).isPresent();
  }

  private void began(UniversalItem item) {
    if (isOfTheAgent(item) && open.size() < MOST_OPEN) {
      open.add(item.itemId());
    }
  }

  private void delta(AgentEvent.ItemDelta delta) {
    if (!console.terminals().out() || !open.contains(delta.itemId())) {
      return; // its whole text comes when it is complete
    }
    if (!writing.equals(delta.itemId())) {
      endLine();
      writing = delta.itemId();
    }
    console.print(printable(delta.delta()));
  }

  private void completed(UniversalItem item) {
    boolean written = writing.equals(item.itemId());
    if (written) {
      endLine();
    }
    open.remove(item.itemId());
    for (ContentPart part : item.content()) {
      if (!(written && part instanceof ContentPart.Text)) {
        part(item, part);
      }
    }
  }

  private void part(UniversalItem item, ContentPart part) {
    switch (part) {
      case ContentPart.Text text -> text(item, text.text());
      case ContentPart.Json json -> console.print(PrettyJson.of(json.json()) + "\n");
      case ContentPart.ToolCall call ->
          say(style.bold("[tool: " + Printable.line(call.name()) + "]") + arguments(call));
      case ContentPart.ToolResult result ->
          preview(result.output(), item.status() == UniversalItem.Status.FAILED);
      case ContentPart.FileRef file -> file(file);
      case ContentPart.Reasoning thought -> {
        if (thought.visibility() == ContentPart.Visibility.PUBLIC) {
          thought.text().lines().forEach(line -> say(style.dim(Printable.line(line))));
        }
      }
      case ContentPart.Image image -> say("[image: " + Printable.line(image.path()) + "]");
      case ContentPart.Status status ->
          say(
              style.dim(
                  "[%s]%s"
                      .formatted(
                          Printable.line(status.label()),
                          status.detail().map(d -> " " + ToolView.shortened(d)).orElse(""))));
    }
  }

  private void text(UniversalItem item, String text) {
    if (isOfTheAgent(item)) {
      endLine();
      console.print((console.terminals().out() ? printable(text) : text) + "\n");
    } else if (item.kind() == UniversalItem.Kind.TOOL_RESULT) {
      preview(text, item.status() == UniversalItem.Status.FAILED);
    } else {
      boolean user = item.role().filter(role -> role == UniversalItem.Role.USER).isPresent();
      text.lines()
          .map(Printable::line)
          .forEach(line -> say(user ? style.bold("> " + line) : style.dim(line)));
    }
  }

  private static String arguments(ContentPart.ToolCall call) {
    String view;
    try {
      view = ToolView.of(JsonMapper.shared().readTree(call.arguments()));
    } catch (JacksonException e) {
      view = ToolView.shortened(call.arguments()); // an agent's own syntax
    }
    return view.isEmpty() ? "" : " " + view;
  }

  private static String what(AgentEvent.PermissionRequested asked) {
    String view = asked.metadata().map(ToolView::of).orElse("");
    return view.isEmpty() ? "" : " " + view;
  }

  private void question(AgentEvent.QuestionRequested asked) {
    say(style.bold("[question] " + Printable.line(asked.prompt())));
    for (int i = 0; i < asked.options().size(); i++) {
      say("  %d  %s".formatted(i + 1, Printable.line(asked.options().get(i))));
    }
  }

  private void file(ContentPart.FileRef file) {
    say("[file: %s %s]".formatted(word(file.action()), Printable.line(file.path())));
    // Piped, differences are left to --json; a person likes to see them.
    if (console.terminals().err()) {
      file.diff().ifPresent(diff -> diff.lines().forEach(line -> say("  " + changed(line))));
    }
  }

  private String changed(String line) {
    String shown = Printable.line(line.replace("\t", "    "));
    return switch (line.isEmpty() ? ' ' : line.charAt(0)) {
      case '+' -> style.green(shown);
      case '-' -> style.red(shown);
      default -> style.dim(shown);
    };
  }

  private void preview(String text, boolean error) {
    if (!console.terminals().err()) {
      return;
    }
    String[] lines = text.strip().lines().filter(line -> !line.isBlank()).toArray(String[]::new);
    for (int i = 0; i < Math.min(lines.length, RESULT_LINES); i++) {
      String line = ToolView.shortened(lines[i]);
      say("  " + (error ? style.red(line) : style.dim(line)));
    }
    if (lines.length > RESULT_LINES) {
      say("  " + style.dim("… %d more lines".formatted(lines.length - RESULT_LINES)));
    }
  }

  /** Something else than words of the agent. */
  void say(String line) {
    endLine();
    console.complain(line);
  }

  private void endLine() {
    if (!writing.isEmpty()) {
      console.print("\n");
      writing = "";
    }
  }

  /** The text without what steers a terminal; its line ends stay. */
  private static String printable(String text) {
    StringBuilder shown = new StringBuilder(text.length());
    String[] lines = text.split("\n", -1);
    for (int i = 0; i < lines.length; i++) {
      shown.append(i == 0 ? "" : "\n").append(Printable.line(lines[i].replace("\t", "    ")));
    }
    return shown.toString();
  }
}
