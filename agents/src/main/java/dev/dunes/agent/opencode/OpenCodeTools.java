package dev.dunes.agent.opencode;

import dev.dunes.agent.AgentException;
import dev.dunes.agent.PermissionPolicy;
import dev.dunes.agent.drive.Json;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.node.ObjectNode;

/**
 * Which tools may be used, as OpenCode's {@code permission}: by tool, then by pattern, {@code
 * allow}, {@code ask} or {@code deny}; the last rule that fits counts. A tool that is denied whole
 * is not offered to the model.
 */
final class OpenCodeTools {
  private static final String ALL = "*";

  /** Those that change nothing. */
  private static final Set<String> LOOKING =
      Set.of("read", "glob", "grep", "list", "lsp", "skill", "todowrite", "todoread");

  /** Every other one by name, so that nothing the home's own configuration says of it stays. */
  private static final List<String> ACTING =
      List.of(
          "bash",
          "edit",
          "task",
          "webfetch",
          "websearch",
          "codesearch",
          "external_directory",
          "doom_loop");

  /** What other agents call a tool. */
  private static final Map<String, String> NAMES =
      Map.of(
          "write",
          "edit",
          "multiedit",
          "edit",
          "notebookedit",
          "edit",
          "apply_patch",
          "edit",
          "patch",
          "edit",
          "agent",
          "task",
          "ls",
          "list");

  private final PermissionPolicy policy;

  OpenCodeTools(PermissionPolicy policy) {
    this.policy = policy;
  }

  /** The rules for these tools, or for all. */
  ObjectNode permission(Optional<List<String>> allowed) {
    ObjectNode rules = Json.object();
    if (allowed.isEmpty()) {
      rules.put(ALL, acting());
      LOOKING.stream().sorted().forEach(tool -> rules.put(tool, "allow"));
      ACTING.forEach(tool -> rules.put(tool, acting()));
      if (policy == PermissionPolicy.READ_ONLY) {
        // What is started there is held to the same rules.
        List.of("task", "webfetch", "websearch", "codesearch", "external_directory")
            .forEach(tool -> rules.put(tool, "allow"));
      }
      rules.put("question", policy == PermissionPolicy.ASK ? "allow" : "deny");
      return rules;
    }
    rules.put(ALL, "deny");
    LOOKING.stream().sorted().forEach(tool -> rules.put(tool, "deny"));
    ACTING.forEach(tool -> rules.put(tool, "deny"));
    rules.put("question", "deny");
    rules.put("external_directory", acting().equals("ask") ? "ask" : "allow");
    allowed.get().stream().filter(entry -> !entry.isBlank()).forEach(entry -> allow(rules, entry));
    return rules;
  }

  /** What becomes of a call that changes something. */
  private String acting() {
    return switch (policy) {
      case ALLOW -> "allow";
      case ASK -> "ask";
      case READ_ONLY -> "deny";
    };
  }

  private void allow(ObjectNode rules, String entry) {
    String text = entry.strip();
    int open = text.indexOf('(');
    String tool = name(open > 0 ? text.substring(0, open).strip() : text);
    String action = LOOKING.contains(tool) || tool.equals("question") ? "allow" : acting();
    if (open <= 0 || !text.endsWith(")")) {
      rules.put(tool, action);
      return;
    }
    String specifier = text.substring(open + 1, text.length() - 1).strip();
    if (specifier.isEmpty() || specifier.equals(ALL)) {
      rules.put(tool, action);
      return;
    }
    if (!Set.of("bash", "task", "skill").contains(tool)) {
      throw new AgentException(
          "invalid_options",
          "OpenCode cannot hold a tool to '%s'".formatted(text),
          "name the tool alone, or use Bash(command:*), Task(name) or Skill(name)",
          null);
    }
    String pattern = specifier.endsWith(":*") ? specifier.replace(":*", " *") : specifier;
    ObjectNode patterns =
        rules.get(tool) instanceof ObjectNode there ? there : Json.object().put(ALL, "deny");
    rules.set(tool, patterns.put(pattern, action));
  }

  /**
   * A tool of an MCP server is {@code server_tool} here and {@code mcp__server__tool} elsewhere.
   */
  private static String name(String name) {
    if (name.startsWith("mcp__")) {
      String rest = name.substring("mcp__".length());
      return rest.contains("__") ? rest.replaceFirst("__", "_") : rest + "_*";
    }
    String lower = name.toLowerCase(Locale.ROOT);
    return NAMES.getOrDefault(lower, lower);
  }
}
