package dev.dunes.scripted;

import static dev.dunes.scripted.Protocol.object;

import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The tools of one request, and which of them does what a script asks for. */
final class Toolbox {
  private final List<OfferedTool> offered;
  private final Ids ids;
  private final String idPrefix;
  private final Optional<String> directory;
  private final Optional<String> subagent;

  /**
   * @param idPrefix of ids of calls, as the protocol writes them
   * @param directory that relative paths of files start from, when the agent wants absolute ones
   * @param subagent the type of subagent that the user asked for
   */
  Toolbox(
      List<OfferedTool> offered,
      Ids ids,
      String idPrefix,
      Optional<String> directory,
      Optional<String> subagent) {
    this.offered = offered;
    this.ids = ids;
    this.idPrefix = idPrefix;
    this.directory = directory;
    this.subagent = subagent;
  }

  /** The call for a step; a text that names what is offered when no tool fits. */
  Block block(Step step) {
    return switch (step) {
      case Step.Text text -> Block.Said.of(text.text());
      case Step.Think think -> new Block.Thought(think.text());
      case Step.Slow slow ->
          new Block.Said(
              Stream.iterate(0, i -> i + 1)
                  .limit(slow.deltas())
                  .map("slow %d "::formatted)
                  .toList(),
              slow.every());
      case Step.Shell shell -> shell(shell.command()).orElseGet(() -> nothingFor("sh"));
      case Step.Write write -> write(write);
      case Step.Read read -> read(read);
      case Step.Edit edit -> edit(edit);
      case Step.Ask ask -> ask(ask);
      case Step.Subagent agent -> agent(agent);
      case Step.Mcp mcp -> mcp(mcp);
      case Step.RawTool raw -> raw(raw);
      case Step.Structured structured ->
          find("StructuredOutput")
              .<Block>map(tool -> call(tool, structured.value()))
              .orElseGet(() -> Block.Said.of(structured.value().toString()));
      case Step.Refusal refusal ->
          throw new IllegalArgumentException("a refusal has no block: " + refusal);
    };
  }

  private Optional<Block> shell(String command) {
    Optional<OfferedTool> tool = find("Bash", "exec_command", "bash", "run_shell_command", "shell");
    if (tool.isPresent()) {
      ObjectNode input = object();
      if (tool.get().takes("cmd")) {
        input.put("cmd", command);
      } else if (tool.get()
          .schema()
          .path("properties")
          .path("command")
          .path("type")
          .asString("")
          .equals("array")) {
        input.putArray("command").add("bash").add("-lc").add(command);
      } else {
        input.put("command", command);
      }
      if (tool.get().takes("description")) {
        input.put("description", "scripted command");
      }
      return Optional.of(call(tool.get(), input));
    }
    // Codex with a model of its catalogue: one freeform tool that runs JavaScript.
    return find("exec")
        .filter(OfferedTool::freeform)
        .map(exec ->
            new Block.FreeformCall(
                callId(),
                exec.name(),
                "const r = await tools.exec_command({cmd:%s}); text(r.output);"
                    .formatted(quoted(command))));
  }

  private Block write(Step.Write write) {
    Optional<OfferedTool> tool = find("Write", "write", "write_file", "create_file");
    if (tool.isEmpty()) {
      return shell("printf %%s %s > %s".formatted(shellQuoted(write.content()), path(write.path())))
          .orElseGet(() -> nothingFor("write"));
    }
    ObjectNode input = object().put(pathField(tool.get()), path(write.path()));
    return call(tool.get(), input.put("content", write.content()));
  }

  private Block read(Step.Read read) {
    return find("Read", "read", "read_file")
        .<Block>map(tool -> call(tool, object().put(pathField(tool), path(read.path()))))
        .or(() -> shell("cat " + path(read.path())))
        .orElseGet(() -> nothingFor("read"));
  }

  private Block edit(Step.Edit edit) {
    Optional<OfferedTool> tool = find("Edit", "edit", "replace", "edit_file");
    if (tool.isEmpty()) {
      String python =
          "import pathlib; p = pathlib.Path(%s); p.write_text(p.read_text().replace(%s, %s, 1))"
              .formatted(quoted(path(edit.path())), quoted(edit.before()), quoted(edit.after()));
      return shell("python3 -c " + shellQuoted(python)).orElseGet(() -> nothingFor("edit"));
    }
    ObjectNode input = object().put(pathField(tool.get()), path(edit.path()));
    if (tool.get().takes("edits")) {
      input
          .putArray("edits")
          .addObject()
          .put("oldText", edit.before())
          .put("newText", edit.after());
    } else if (tool.get().takes("old_str")) {
      input.put("old_str", edit.before()).put("new_str", edit.after());
    } else if (tool.get().takes("oldString")) {
      input.put("oldString", edit.before()).put("newString", edit.after());
    } else {
      if (tool.get().takes("instruction")) {
        input.put("instruction", "scripted edit");
      }
      input.put("old_string", edit.before()).put("new_string", edit.after());
    }
    return call(tool.get(), input);
  }

  private Block ask(Step.Ask ask) {
    Optional<OfferedTool> tool = find("AskUserQuestion", "request_user_input", "question");
    if (tool.isEmpty()) {
      return nothingFor("ask");
    }
    ObjectNode input = object();
    ObjectNode question = input.putArray("questions").addObject();
    if (tool.get().name().equals("request_user_input")) {
      question.put("id", ask.header().toLowerCase(java.util.Locale.ROOT));
    }
    question.put("question", ask.question()).put("header", ask.header());
    if (tool.get().name().equals("AskUserQuestion")) {
      question.put("multiSelect", false);
    }
    ArrayNode options = question.putArray("options");
    for (Step.Ask.Choice choice : ask.choices()) {
      options.addObject().put("label", choice.label()).put("description", choice.description());
    }
    return call(tool.get(), input);
  }

  private Block agent(Step.Subagent agent) {
    Optional<OfferedTool> tool = find("Agent", "Task", "spawn_agent", "task", "invoke_agent");
    if (tool.isEmpty()) {
      return nothingFor("agent");
    }
    Optional<String> type = subagent.or(agent::type);
    ObjectNode input = object();
    switch (tool.get().name()) {
      case "spawn_agent" -> input.put("message", agent.prompt());
      case "invoke_agent" ->
          input.put("agent_name", type.orElse("generalist")).put("prompt", agent.prompt());
      default -> {
        input.put("description", agent.description()).put("prompt", agent.prompt());
        if (tool.get().takes("subagent_type")) {
          boolean openCode = tool.get().name().equals("task");
          input.put("subagent_type", type.orElse(openCode ? "general" : "general-purpose"));
        }
      }
    }
    return call(tool.get(), input);
  }

  private Block mcp(Step.Mcp mcp) {
    String namespace = "mcp__" + mcp.server();
    return offered.stream()
        .filter(tool ->
            tool.namespace().equals(Optional.of(namespace)) && tool.name().equals(mcp.tool()))
        .findFirst()
        .or(() ->
            find(
                namespace + "__" + mcp.tool(),
                mcp.server() + "_" + mcp.tool(),
                "mcp_" + mcp.server() + "_" + mcp.tool()))
        .<Block>map(tool -> call(tool, mcp.arguments()))
        .orElseGet(() -> nothingFor("mcp"));
  }

  private Block raw(Step.RawTool raw) {
    return find(raw.name())
        .map(tool ->
            tool.freeform()
                ? new Block.FreeformCall(callId(), tool.name(), raw.input().asString())
                : call(tool, raw.input()))
        .orElseGet(() -> nothingFor(raw.name()));
  }

  private Block call(OfferedTool tool, JsonNode input) {
    return new Block.Call(callId(), tool.name(), tool.namespace(), input);
  }

  private String callId() {
    return ids.next(idPrefix);
  }

  private Block nothingFor(String kind) {
    return Block.Said.of(
        "No tool here does '%s'. Offered: %s"
            .formatted(
                kind,
                offered.stream()
                    .map(tool -> tool.namespace().map(n -> n + "/").orElse("") + tool.name())
                    .collect(Collectors.joining(", "))));
  }

  private Optional<OfferedTool> find(String... names) {
    for (String name : names) {
      for (OfferedTool tool : offered) {
        if (tool.name().equals(name)) {
          return Optional.of(tool);
        }
      }
    }
    return Optional.empty();
  }

  private static String pathField(OfferedTool tool) {
    return Stream.of("file_path", "filePath").filter(tool::takes).findFirst().orElse("path");
  }

  private String path(String path) {
    return directory
        .filter(base -> !path.startsWith("/"))
        .map(base -> base + "/" + path)
        .orElse(path);
  }

  /** A text as JavaScript and Python write it. */
  private static String quoted(String text) {
    return JsonMapper.shared().writeValueAsString(text);
  }

  private static String shellQuoted(String text) {
    return "'" + text.replace("'", "'\\''") + "'";
  }
}
