package dev.dunes.agent.mock;

import static dev.dunes.agent.mock.MockItems.completed;
import static dev.dunes.agent.mock.MockItems.delta;
import static dev.dunes.agent.mock.MockItems.failed;
import static dev.dunes.agent.mock.MockItems.file;
import static dev.dunes.agent.mock.MockItems.json;
import static dev.dunes.agent.mock.MockItems.permission;
import static dev.dunes.agent.mock.MockItems.question;
import static dev.dunes.agent.mock.MockItems.started;
import static dev.dunes.agent.mock.MockItems.text;

import dev.dunes.agent.AgentEvent;
import dev.dunes.agent.ContentPart;
import dev.dunes.agent.UniversalItem.Kind;
import dev.dunes.agent.UniversalItem.Role;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * What the mock agent does with one message: the table of the agent API, sheet 2.9, row by row. The
 * steps are the events in their order.
 */
final class MockScript {
  private static final List<String> COMMANDS =
      List.of(
          "- help: list the commands",
          "- demo: all of them, one after another",
          "- markdown: a document, piece by piece",
          "- status: a status that changes",
          "- tool: a tool call and its result, with files",
          "- image: an image",
          "- unknown: an item of unknown kind",
          "- permission: two requests for permission",
          "- question: two questions",
          "- error: an error, and output that cannot be understood",
          "- unparsed: output that cannot be understood",
          "- end: the end of the session",
          "- echo TEXT: the text",
          "- burst N [PER_SECOND]: N pieces of one message, as fast as can be or at that rate");

  /** Exact texts, lower case, and the row that they mean. */
  private static final Map<String, String> PROMPTS =
      Map.of(
          "reply with exactly the single word ok.", "ok",
          "reply with exactly the word first.", "first",
          "reply with exactly the word second.", "second",
          "answer briefly and include your reasoning.", "rich",
          "provide a short status update.", "status",
          "list files in the current directory using available tools.", "ask-ls",
          "use the bash tool to run `ls` in the current directory. do not answer without using the tool.",
              "ask-ls-tool",
          "use the askuserquestion tool to ask exactly one yes/no question, then wait for a reply. do not answer yourself.",
              "proceed",
          "call the askuserquestion tool with exactly one yes/no question and wait for a reply. do not answer yourself.",
              "proceed");

  private final String prefix;
  private final List<AgentEvent> steps = new ArrayList<>();

  private MockScript(String prefix) {
    this.prefix = prefix;
  }

  /**
   * The steps for a message.
   *
   * @param prefix of all its ids
   */
  static List<AgentEvent> of(String prefix, String text) {
    MockScript script = new MockScript(prefix);
    script.add(text);
    return script.steps;
  }

  private String id(String name) {
    return prefix + "_" + name;
  }

  private void add(String text) {
    String row = PROMPTS.get(text.toLowerCase(Locale.ROOT));
    if (row != null) {
      prompt(row);
      return;
    }
    String[] words = text.split("\\s+");
    command(words[0].toLowerCase(Locale.ROOT), words, text);
  }

  private void prompt(String row) {
    switch (row) {
      case "ok" -> message("ok", "OK");
      case "first" -> message("first", "FIRST");
      case "second" -> message("second", "SECOND");
      case "rich" -> rich();
      case "status" -> status();
      case "ask-ls" -> askForList();
      case "ask-ls-tool" -> {
        askForList();
        tool();
      }
      default -> steps.add(question(id("question"), "Proceed?", "Yes", "No"));
    }
  }

  private void command(String name, String[] words, String text) {
    switch (name) {
      case "help" -> message("help", String.join("\n", COMMANDS));
      case "demo" -> demo();
      case "status" -> status();
      case "markdown" -> markdown();
      case "tool", "tools", "tooling" -> tool();
      case "image" -> image();
      case "unknown" -> unknown();
      case "permission", "permissions" -> permissions();
      case "question", "questions" -> questions();
      case "error" -> error();
      case "unparsed" -> unparsed();
      case "end", "ended", "session.end" ->
          steps.add(
              new AgentEvent.SessionEnded(
                  AgentEvent.EndReason.COMPLETED, AgentEvent.EndedBy.AGENT));
      case "echo", "say" -> {
        String rest = String.join(" ", List.of(words).subList(1, words.length));
        message("echo", rest.isEmpty() ? "Tell me what to say after `echo`." : rest);
      }
      default -> message("reply", text);
    }
  }

  private void message(String name, String text) {
    steps.add(started(id(name), Kind.MESSAGE, Role.ASSISTANT, text(text)));
    steps.add(completed(id(name), Kind.MESSAGE, Role.ASSISTANT, text(text)));
  }

  private void rich() {
    ContentPart[] parts = {
      text("Mock assistant response with rich content."),
      new ContentPart.Reasoning("Public reasoning for display.", ContentPart.Visibility.PUBLIC),
      new ContentPart.Reasoning(
          "Private reasoning hidden by default.", ContentPart.Visibility.PRIVATE),
      new ContentPart.Json(json().put("ok", true).put("stage", "analysis"))
    };
    String id = id("assistant_rich");
    steps.add(started(id, Kind.MESSAGE, Role.ASSISTANT, parts));
    steps.add(delta(id, "Mock assistant "));
    steps.add(delta(id, "streaming delta."));
    steps.add(completed(id, Kind.MESSAGE, Role.ASSISTANT, parts));
  }

  private void status() {
    String id = id("status");
    steps.add(
        started(
            id,
            Kind.STATUS,
            Role.ASSISTANT,
            new ContentPart.Status("Indexing", Optional.of("2 files"))));
    steps.add(
        completed(
            id,
            Kind.STATUS,
            Role.ASSISTANT,
            new ContentPart.Status("Indexing", Optional.of("Done"))));
  }

  private void markdown() {
    String id = id("markdown");
    steps.add(started(id, Kind.MESSAGE, Role.ASSISTANT, text("Writing a document…")));
    MockMarkdown.PIECES.forEach(piece -> steps.add(delta(id, piece)));
    steps.add(
        completed(id, Kind.MESSAGE, Role.ASSISTANT, text(String.join("", MockMarkdown.PIECES))));
  }

  private void tool() {
    String call = id("call");
    ContentPart use = new ContentPart.ToolCall("mock.search", "{\"query\":\"example\"}", call);
    steps.add(started(id("tool_call"), Kind.TOOL_CALL, Role.ASSISTANT, use));
    steps.add(completed(id("tool_call"), Kind.TOOL_CALL, Role.ASSISTANT, use));
    ContentPart[] result = {
      new ContentPart.ToolResult(call, "mock search results"),
      file(prefix + "/readme.md", ContentPart.FileAction.READ, Optional.empty()),
      file(prefix + "/output.txt", ContentPart.FileAction.WRITE, Optional.of("+mock output\n")),
      file(
          prefix + "/patch.txt",
          ContentPart.FileAction.PATCH,
          Optional.of("@@ -1,1 +1,1 @@\n-old\n+new\n"))
    };
    steps.add(started(id("tool_result"), Kind.TOOL_RESULT, Role.TOOL, result));
    steps.add(failed(id("tool_result"), Kind.TOOL_RESULT, Role.TOOL, result));
  }

  private void image() {
    ContentPart[] parts = {
      text("Here is a mock image output."),
      new ContentPart.Image(prefix + "/image.png", Optional.of("image/png"))
    };
    steps.add(started(id("image"), Kind.MESSAGE, Role.ASSISTANT, parts));
    steps.add(completed(id("image"), Kind.MESSAGE, Role.ASSISTANT, parts));
  }

  private void unknown() {
    ContentPart part = text("Unknown item kind example.");
    steps.add(started(id("unknown"), Kind.UNKNOWN, Role.ASSISTANT, part));
    steps.add(completed(id("unknown"), Kind.UNKNOWN, Role.ASSISTANT, part));
  }

  private void system() {
    ContentPart part = text("System ready for mock events.");
    steps.add(started(id("system"), Kind.SYSTEM, Role.SYSTEM, part));
    steps.add(completed(id("system"), Kind.SYSTEM, Role.SYSTEM, part));
  }

  private void permissions() {
    steps.add(
        permission(
            id("permission"),
            "command_execution",
            json().put("codexRequestKind", "commandExecution").put("command", "echo mock")));
    steps.add(
        permission(
            id("permission_denied"),
            "file_change",
            json().put("codexRequestKind", "fileChange").put("path", prefix + "/deny.txt")));
  }

  private void askForList() {
    steps.add(
        permission(
            id("permission"),
            "command_execution",
            json().put("codexRequestKind", "commandExecution").put("command", "ls")));
  }

  private void questions() {
    steps.add(question(id("question"), "Choose a color", "Red", "Blue"));
    steps.add(question(id("question_reject"), "Allow mock experiment?", "Yes", "No"));
  }

  private void error() {
    steps.add(
        new AgentEvent.Failed(
            "Mock error event.", Optional.of("mock_error"), Optional.of(json().put("mock", true))));
    unparsed();
  }

  private void unparsed() {
    steps.add(new AgentEvent.Unparsed("unsupported payload", "mock.stream", Optional.empty()));
  }

  private void demo() {
    List<Map.Entry<String, Runnable>> parts =
        List.of(
            Map.entry("system", this::system),
            Map.entry("rich", this::rich),
            Map.entry("status", this::status),
            Map.entry("markdown", this::markdown),
            Map.entry("tool", this::tool),
            Map.entry("image", this::image),
            Map.entry("unknown", this::unknown),
            Map.entry("permissions", this::permissions),
            Map.entry("questions", this::questions),
            Map.entry("error", this::error));
    int number = 1;
    for (Map.Entry<String, Runnable> part : parts) {
      message("marker_" + number++, "Next: " + part.getKey());
      part.getValue().run();
    }
  }
}
