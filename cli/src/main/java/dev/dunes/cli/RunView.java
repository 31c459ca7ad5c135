package dev.dunes.cli;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Shows the events of one run, as they come: the answer on standard output, all else beside it. */
final class RunView {
  private static final int RESULT_LINES = 3;

  private final Console console;
  private final Waiting waiting;
  private final Optional<FileTaker> files;
  private final boolean raw;
  private final Style style;
  private final long start = System.nanoTime();
  private final Map<String, String> toolNames = new HashMap<>();
  private Optional<String> model = Optional.empty();
  private Optional<RunTally> tally = Optional.empty();

  /** Whether the answer is to be JSON, and words of the agent go beside it. */
  private boolean structured;

  /**
   * @param raw whether events are passed on as they are, one a line
   */
  RunView(Console console, Waiting waiting, Optional<FileTaker> files, boolean raw) {
    this.console = console;
    this.waiting = waiting;
    this.files = files;
    this.raw = raw;
    this.style = console.errorStyle();
  }

  /** Shows one event. */
  void show(byte[] json) {
    JsonNode event;
    try {
      event = JsonMapper.shared().readTree(json);
    } catch (JacksonException e) {
      throw new Failure(ExitCodes.ERROR, "an event is not JSON: " + e.getOriginalMessage(), "");
    }
    waiting.around(() -> {
      if (raw) {
        console.write(line(json));
      }
      show(event);
    });
  }

  private static byte[] line(byte[] json) {
    byte[] line = java.util.Arrays.copyOf(json, json.length + 1);
    line[json.length] = '\n';
    return line;
  }

  private void show(JsonNode event) {
    switch (event.path("type").asString("")) {
      case "system" -> system(event);
      case "assistant" -> assistant(event);
      case "user" -> results(event);
      case "result" -> result(event);
      case "error" -> {
        say(style.red("Error: " + Printable.line(event.path("error").asString("unknown"))));
        tally = Optional.of(RunTally.failed(model, took()));
      }
      case "warning" ->
          say(style.yellow("Warning: " + Printable.line(event.path("message").asString(""))));
      case "stderr" -> event.path("data").asString("").lines().forEach(l -> say(faint(l)));
      case "stdout" -> say(faint(event.path("data").asString("")));
      case "file" -> file(event);
      default -> {
        // nothing a person waits for
      }
    }
  }

  private void system(JsonNode event) {
    if (event.path("subtype").asString("").equals("init")) {
      model = Optional.ofNullable(event.path("model").stringValue(null));
      // An agent that shall answer by a schema has a tool for it.
      structured =
          event
              .path("tools")
              .valueStream()
              .anyMatch(t -> t.asString("").equals("StructuredOutput"));
      waiting.forWhat(model.map(name -> "waiting for " + name).orElse("waiting for the model"));
    }
  }

  private void assistant(JsonNode event) {
    String indent = indent(event);
    for (JsonNode block : event.path("message").path("content")) {
      switch (block.path("type").asString("")) {
        case "text" -> text(block.path("text").asString(""), indent);
        case "tool_use" -> tool(block, indent);
        default -> {
          // thoughts are not shown
        }
      }
    }
  }

  /** What a subagent does stands a little further in. */
  private static String indent(JsonNode event) {
    return event.path("parent_tool_use_id").isString() ? "  " : "";
  }

  private void text(String text, String indent) {
    if (raw || text.isEmpty()) {
      return;
    }
    if (structured || !indent.isEmpty()) {
      text.lines().forEach(line -> say(indent + faint(line)));
    } else if (console.terminals().out()) {
      console.print(printable(text) + "\n");
    } else {
      console.print(text + "\n");
    }
  }

  /** The text without what steers a terminal. */
  private static String printable(String text) {
    StringBuilder shown = new StringBuilder(text.length());
    for (String line : text.split("\n", -1)) {
      shown.append(shown.isEmpty() ? "" : "\n").append(Printable.line(line.replace("\t", "    ")));
    }
    return shown.toString();
  }

  private void tool(JsonNode use, String indent) {
    String name = Printable.line(use.path("name").asString("unknown"));
    toolNames.put(use.path("id").asString(""), name);
    waiting.forWhat(name + " is running");
    if (raw || name.equals("StructuredOutput")) {
      return;
    }
    String view = ToolView.of(use.path("input"));
    say(indent + style.bold("[tool: " + name + "]") + (view.isEmpty() ? "" : " " + view));
  }

  private void results(JsonNode event) {
    for (JsonNode block : event.path("message").path("content")) {
      if (block.path("type").asString("").equals("tool_result")) {
        waiting.forWhat(model.map(name -> "waiting for " + name).orElse("waiting for the model"));
        boolean error = block.path("is_error").asBoolean(false);
        // Piped, what tools answer is left to --json; a person likes to see what came of it.
        if (!raw && console.terminals().err()) {
          preview(resultText(block.path("content")), error, indent(event));
        }
      }
    }
  }

  private static String resultText(JsonNode content) {
    if (content.isString()) {
      return content.asString();
    }
    StringBuilder text = new StringBuilder();
    content.forEach(part -> text.append(part.path("text").asString("")).append('\n'));
    return text.toString();
  }

  private void preview(String text, boolean error, String indent) {
    String[] lines = text.strip().lines().filter(line -> !line.isBlank()).toArray(String[]::new);
    for (int i = 0; i < Math.min(lines.length, RESULT_LINES); i++) {
      String line = ToolView.shortened(lines[i]);
      say(indent + "  " + (error ? style.red(line) : style.dim(line)));
    }
    if (lines.length > RESULT_LINES) {
      say(indent + "  " + style.dim("… %d more lines".formatted(lines.length - RESULT_LINES)));
    }
  }

  private void result(JsonNode event) {
    RunTally ended = RunTally.of(event, model, took());
    tally = Optional.of(ended);
    waiting.forWhat("");
    if (!ended.completed()) {
      String why = event.path("result").asString("");
      if (why.isEmpty()) {
        why = event.path("errors").path(0).asString("");
      }
      if (!why.isEmpty()) {
        say(style.red("Error: " + ToolView.shortened(why)));
      }
    }
    JsonNode value = event.path("structured_output");
    if (!raw && !value.isMissingNode() && !value.isNull()) {
      console.print(PrettyJson.of(value) + "\n");
    }
    if (!raw) {
      String line = ended.line(console.terminals().err());
      say(ended.completed() ? style.green(line) : style.red(line));
    }
  }

  private void file(JsonNode event) {
    if (files.isPresent()) {
      String saved = files.get().take(event);
      if (!raw) {
        say("[file: %s]".formatted(saved));
      }
    } else if (!raw) {
      String path = Printable.line(event.path("relative_path").asString(""));
      long size = event.path("size").asLong(0);
      say("[file: %s, %,d bytes; -o DIR saves it]".formatted(path, size));
    }
  }

  private void say(String line) {
    console.complain(line);
  }

  private String faint(String line) {
    return style.dim(Printable.line(line));
  }

  private Duration took() {
    return Duration.ofNanos(System.nanoTime() - start);
  }

  /** How it ended; a run whose events just stopped has failed. */
  RunTally tally() {
    return tally.orElseGet(() -> RunTally.failed(model, took()));
  }

  /** The exit code, once the last event has been shown. */
  OptionalInt exitCode() {
    return tally.isEmpty()
        ? OptionalInt.empty()
        : OptionalInt.of(tally.get().completed() ? ExitCodes.OK : ExitCodes.ERROR);
  }
}
